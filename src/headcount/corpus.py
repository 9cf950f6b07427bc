"""Articles in the columns of ``wikimedia/wikipedia`` (id, url, title, text): sampled, and cut into blocks for a model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from headcount.sampling import chosen, rank
from headcount.tasks import DataError
from headcount.text import TextEncoder

ARTICLE_COLUMNS = ("id", "url", "title", "text")
SHARD = 20_000

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_PARAGRAPH_END = re.compile(r"\n\s*")


@dataclass(frozen=True)
class Block:
    """A piece of an article that fits a model: ``article/number`` names it, ``sentences`` make it up."""

    article: str
    number: int
    sentences: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.article}/{self.number}"

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


def paragraphs(text: str) -> list[list[str]]:
    """The sentences of each paragraph of a text; empty lines and empty sentences are nobody's."""
    found = [_SENTENCE_END.split(line.strip()) for line in _PARAGRAPH_END.split(text) if line.strip()]
    return [[s for s in sentences if s] for sentences in found]


def _sizes(pieces: Sequence[str], encoder: TextEncoder) -> list[int]:
    """Tokens that each piece takes within a text: with the space before it."""
    return encoder.count([" " + piece for piece in pieces])


def _parts_that_fit(word: str, encoder: TextEncoder, limit: int) -> list[str]:
    """A word, halved for as long as a part is longer than a block."""
    if len(word) == 1 or _sizes([word], encoder)[0] <= limit:
        return [word]
    middle = len(word) // 2
    return [part for half in (word[:middle], word[middle:]) for part in _parts_that_fit(half, encoder, limit)]


def _words_that_fit(sentence: str, encoder: TextEncoder, limit: int) -> list[str]:
    """A sentence longer than a block, in pieces that fit, cut between words (and inside a word that alone is too long)."""
    words = [part for word in sentence.split() for part in _parts_that_fit(word, encoder, limit)]
    pieces: list[list[str]] = [[]]
    size = 0
    for word, count in zip(words, _sizes(words, encoder), strict=True):
        if pieces[-1] and size + count > limit:
            pieces.append([])
            size = 0
        pieces[-1].append(word)
        size += count
    return [" ".join(piece) for piece in pieces]


def cut(article: str, text: str, encoder: TextEncoder, limit: int) -> list[Block]:
    """The article in blocks of at most ``limit`` tokens (special tokens not counted), in order, nothing lost or doubled.

    Whole paragraphs are put together while they fit; a paragraph that does not fit is cut between sentences, a sentence
    that does not fit between words.
    """
    groups: list[list[str]] = []
    for sentences in paragraphs(text):
        if sum(_sizes(sentences, encoder)) <= limit:
            groups.append(sentences)
            continue
        for sentence, size in zip(sentences, _sizes(sentences, encoder), strict=True):
            groups += [[piece] for piece in ([sentence] if size <= limit else _words_that_fit(sentence, encoder, limit))]
    held: list[list[str]] = []
    room = 0
    for group in groups:
        size = sum(_sizes(group, encoder))
        if size > room:
            held.append([])
            room = limit
        held[-1] += group
        room -= size
    return [Block(article, number, tuple(sentences)) for number, sentences in enumerate(held)]


def blocks(articles: Iterable[dict[str, str]], encoder: TextEncoder, limit: int) -> Iterator[Block]:
    """Every block of every article."""
    for row in articles:
        yield from cut(row["id"], row["text"], encoder, limit)


def block_table(articles: Iterable[dict[str, str]], encoder: TextEncoder, limit: int) -> pd.DataFrame:
    """Every block of every article as ``article, number, ids``: token ids with the model's special tokens around them."""
    found = list(blocks(articles, encoder, limit))
    tokens = encoder.encode([block.text for block in found], max_length=limit + 8)
    return pd.DataFrame(
        {
            "article": [block.article for block in found],
            "number": [block.number for block in found],
            "ids": [t.ids.astype(np.int32) for t in tokens],
        }
    )


# ------------------------------------------------------------------------------------------------ reading and sampling


def open_corpus(source: str, subset: str | None, revision: str | None) -> Iterable[dict[str, Any]]:
    """The articles of a corpus, streamed: a directory of parquet files, or a data set on the Hub.

    Raises:
        DataError: it cannot be read.
    """
    from datasets import load_dataset

    folder = Path(source, subset) if subset else Path(source)
    files = sorted(str(path) for path in folder.glob("*.parquet"))
    if Path(source).is_dir() and not files:
        raise DataError(f"corpus.source: {folder} holds no parquet file; give a directory that does")
    try:
        if files:
            return load_dataset("parquet", data_files=files, split="train", streaming=True)  # type: ignore[no-any-return]
        return load_dataset(source, subset, split="train", revision=revision, streaming=True)  # type: ignore[no-any-return]
    except Exception as error:
        raise DataError(
            f"corpus.source: {source} cannot be read ({error}); give a directory of parquet files or a name on the Hub"
        ) from error


def sampled_articles(
    source: str, subset: str | None, revision: str | None, fraction: float, seed: int, at_most: int | None = None
) -> Iterable[dict[str, str]]:
    """The articles of the seeded sample, by a rule on the article id: the same ones in whatever order they come.

    With ``at_most``, those of lowest rank in the rule's order (all of them are held in memory then).

    Raises:
        DataError: the corpus cannot be read, or lacks a column.
    """
    sampled = _sampled(open_corpus(source, subset, revision), source, fraction, seed)
    if at_most is None:
        return sampled
    return nsmallest(at_most, sampled, key=lambda row: (rank(seed, row["id"]), row["id"]))


def _sampled(articles: Iterable[dict[str, Any]], source: str, fraction: float, seed: int) -> Iterator[dict[str, str]]:
    for row in articles:
        if missing := [name for name in ARTICLE_COLUMNS if name not in row]:
            raise DataError(f"corpus.source: {source} has no column {missing[0]!r}; it needs {list(ARTICLE_COLUMNS)}")
        if chosen(seed, str(row["id"]), fraction) and (row["text"] or "").strip():
            yield {name: str(row[name]) for name in ARTICLE_COLUMNS}


def write_shards(articles: Iterable[dict[str, str]], directory: Path) -> int:
    """Write articles to parquet files of ``SHARD`` each, holding one file's worth in memory; returns how many there were.

    Raises:
        DataError: there was none.
    """
    stream = iter(articles)
    count = shard = 0
    while rows := list(islice(stream, SHARD)):
        pq.write_table(pa.Table.from_pylist(rows), directory / f"articles-{shard:05}.parquet")
        count += len(rows)
        shard += 1
    if not count:
        raise DataError("corpus.fraction: the sample holds no article; give a larger fraction")
    return count


def read_articles(directory: Path) -> Iterator[dict[str, str]]:
    """The articles that ``write_shards`` wrote, in the same order."""
    for path in sorted(directory.glob("articles-*.parquet")):
        for batch in pq.ParquetFile(path).iter_batches(1000):
            yield from batch.to_pylist()
