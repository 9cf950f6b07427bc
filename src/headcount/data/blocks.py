"""Articles cut into blocks that a model can read at once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress, islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from headcount.data.articles import ARTICLES_AT_ONCE
from headcount.data.tokenizer import TextEncoder
from headcount.encoders import longest_text
from headcount.errors import SourceError
from headcount.progress import log

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
    """The sentences of each paragraph of a text, without empty lines and empty sentences."""
    found = [_SENTENCE_END.split(line.strip()) for line in _PARAGRAPH_END.split(text) if line.strip()]
    return [[s for s in sentences if s] for sentences in found]


def _sizes(pieces: Sequence[str], encoder: TextEncoder) -> list[int]:
    """Tokens that each piece takes within a text: with the space before it."""
    return encoder.count([" " + piece for piece in pieces])


def _more_in_front(pieces: Sequence[str], encoder: TextEncoder) -> list[int]:
    """Tokens that each piece takes more where it opens a text: to some tokenizers a word without a space is another word."""
    words = [piece.split(maxsplit=1)[0] for piece in pieces]
    once = list(dict.fromkeys(words))
    more = {
        word: max(0, without - within)
        for word, without, within in zip(once, encoder.count(once), _sizes(once, encoder), strict=True)
    }
    return [more[word] for word in words]


def _words_in_parts(words: Sequence[str], encoder: TextEncoder, limit: int) -> Iterator[tuple[str, int, int]]:
    """The words, each halved for as long as a part is longer than a block.

    With each part its size within a text, and how much more it takes in front of one.
    """
    for word, alone, within in zip(words, encoder.count(words), _sizes(words, encoder), strict=True):
        if len(word) == 1 or max(alone, within) <= limit:
            yield word, within, max(0, alone - within)
        else:
            middle = len(word) // 2
            yield from _words_in_parts([word[:middle], word[middle:]], encoder, limit)


def _words_that_fit(sentence: str, encoder: TextEncoder, limit: int) -> list[str]:
    """A sentence longer than a block, in pieces that fit, cut between words (and inside a word that alone is too long)."""
    pieces: list[list[str]] = []
    room = 0
    for word, size, more in _words_in_parts(sentence.split(), encoder, limit):
        if not pieces or size > room:
            pieces.append([])
            room = limit - more
        pieces[-1].append(word)
        room -= size
    return [" ".join(piece) for piece in pieces]


def _groups_that_fit(text: str, encoder: TextEncoder, limit: int) -> Iterator[tuple[list[str], int, int]]:
    """The sentences that stay together, their size within a text, and how much more they take in front of one."""
    parts = paragraphs(text)
    every = [sentence for sentences in parts for sentence in sentences]  # counted at once: a call for each takes far longer
    counted = zip(every, _sizes(every, encoder), _more_in_front(every, encoder), strict=True)
    for sentences in parts:
        measured = list(islice(counted, len(sentences)))
        size, more = sum(size for _, size, _ in measured), measured[0][2]
        if size + more <= limit:
            yield sentences, size, more
            continue
        for sentence, size, more in measured:
            if size + more <= limit:
                yield [sentence], size, more
                continue
            pieces = _words_that_fit(sentence, encoder, limit)
            yield from zip([[piece] for piece in pieces], _sizes(pieces, encoder), _more_in_front(pieces, encoder), strict=True)


def cut(article: str, text: str, encoder: TextEncoder, limit: int) -> list[Block]:
    """The article in blocks of at most ``limit`` tokens (special tokens not counted), in order, nothing lost or doubled.

    Whole paragraphs are put together while they fit; a paragraph that does not fit is cut between sentences, a sentence
    that does not fit between words.
    """
    held: list[list[str]] = []
    room = 0
    for sentences, size, more in _groups_that_fit(text, encoder, limit):
        if not held or size > room:
            held.append([])
            room = limit - more
        held[-1] += sentences
        room -= size
    return [Block(article, number, tuple(sentences)) for number, sentences in enumerate(held)]


def blocks(articles: Iterable[dict[str, str]], encoder: TextEncoder, limit: int) -> Iterator[Block]:
    """Every block of every article."""
    for row in articles:
        yield from cut(row["id"], row["text"], encoder, limit)


def check_room(model: Path, block_tokens: int, key: str = "mlm.block_tokens", pairs: bool = False) -> None:
    """See that the model in a directory can read a block and the special tokens around it.

    Args:
        key: of the config, for the error.
        pairs: whether a block may be given as two texts.

    Raises:
        SourceError: it cannot.
    """
    special = len(TextEncoder(model).encode([""], [""] if pairs else None)[0])
    room = longest_text(json.loads((model / "config.json").read_text())) - special
    if block_tokens > room:
        raise SourceError(f"{key}: {block_tokens} are more than {model} reads at once; give at most {room}")


def block_table(
    articles: Iterable[dict[str, str]], encoder: TextEncoder, limit: int, left_out: list[str] | None = None
) -> pd.DataFrame:
    """Every block of every article as ``article, number, ids``: token ids with the model's special tokens around them.

    Blocks that ask nothing of a masked-LM model, because all their tokens are special or unknown ones, are left out; the
    others keep their numbers.

    Args:
        left_out: is given the names of those blocks.

    Raises:
        SourceError: there is no other block.
        ValueError: a block is longer than ``limit``: the tokenizer takes words together that a space parts.
    """
    table: pd.DataFrame = pa.concat_tables(block_tables(articles, encoder, limit, left_out)).to_pandas()
    return table


def block_tables(
    articles: Iterable[dict[str, str]],
    encoder: TextEncoder,
    limit: int,
    left_out: list[str] | None = None,
    each: Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]] = map,
) -> Iterator[pa.Table]:
    """``block_table`` in parts of some articles each, one in memory at a time; articles without a block have no part.

    Args:
        each: gives what a function makes of each of some things, in their order: ``map``, or one that several processes share.
    """
    stream = iter(articles)
    some = iter(lambda: list(islice(stream, ARTICLES_AT_ONCE)), [])
    left = left_out if left_out is not None else []
    kept = False
    for table, empty in each(partial(_part, encoder=encoder, limit=limit), some):
        left += empty
        if len(table):
            kept = True
            yield table
    if left:
        log.warning(f"left out, as no token of theirs can be masked: {len(left)} blocks, such as {', '.join(left[:3])}")
    if not kept:
        raise SourceError(
            f"corpus: none of its {len(left)} blocks has a token that {encoder.directory} knows;"
            " give a corpus in the model's language"
        )


def _part(articles: Iterable[dict[str, str]], encoder: TextEncoder, limit: int) -> tuple[pa.Table, list[str]]:
    """The blocks of some articles, and the names of those that ask nothing."""
    found = list(blocks(articles, encoder, limit))
    tokens = encoder.encode([block.text for block in found])
    sizes = tokens.number_of(~tokens.special)
    if (too_long := np.flatnonzero(sizes > limit)).size:
        name, size = found[too_long[0]].name, sizes[too_long[0]]
        raise ValueError(f"block {name} has {size} tokens, {limit} are allowed; its tokenizer joins words")
    asked = tokens.number_of(~np.isin(tokens.ids, encoder.special_ids)) > 0
    kept = list(compress(found, asked))
    table = pd.DataFrame(
        {
            "article": [block.article for block in kept],
            "number": np.array([block.number for block in kept], np.int64),
            "ids": list(compress(np.split(tokens.ids, tokens.ends[1:-1]), asked)),
        }
    )
    return pa.Table.from_pandas(table, preserve_index=False), [block.name for block in compress(found, ~asked)]
