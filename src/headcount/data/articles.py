"""Articles in the columns of ``wikimedia/wikipedia`` (id, url, title, text): sampled, written and read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import nsmallest
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from headcount.data import columns
from headcount.data.sampling import chosen, rank
from headcount.data.sources import CARD, ROWS, Repository, batches
from headcount.errors import SourceError

ARTICLE_COLUMNS = {"id": columns.name, "url": columns.remark, "title": columns.remark, "text": columns.text}
SHARD = 20_000
ARTICLES_AT_ONCE = 1000


def corpus_files(data: Repository, subset: str | None) -> list[Path]:
    """The parquet files of a corpus, or of its part called ``subset``.

    Raises:
        SourceError: there is none.
    """
    return data.parquet(subset, "train", _layout(subset))


def _layout(subset: str | None) -> str:
    return f"{subset}/*.parquet" if subset else "*.parquet"


def content(data: Repository, subset: str | None) -> tuple[str, ...]:
    """Patterns of all files of a data set that a corpus depends on: its card, and its files."""
    return (CARD, *data.patterns(subset, "train", _layout(subset)))


def sampled_articles(
    files: Iterable[Path], fraction: float, seed: int, at_most: int | None = None, key: str = "corpus"
) -> Iterable[dict[str, str]]:
    """The articles of the seeded sample, by a rule on the article id: the same ones in whatever order and files they come.

    With ``at_most``, those of lowest rank in the rule's order, in that order. However many articles the files hold, only
    some rows of one file (and those ``at_most``) are in memory.

    Raises:
        SourceError: a file cannot be read, lacks a column, or has one of another type; or no row of any file has a text.
    """
    sampled = _sampled(files, fraction, seed, key)
    if at_most is None:
        return sampled
    return nsmallest(at_most, sampled, key=lambda row: (rank(seed, row["id"]), row["id"]))


def _sampled(files: Iterable[Path], fraction: float, seed: int, key: str) -> Iterator[dict[str, str]]:
    rows = texts = 0
    for path in files:
        for batch in batches(key, path, ARTICLE_COLUMNS):
            rows += len(batch)
            texts += len(batch) - batch.column("text").null_count
            taken = [chosen(seed, name, fraction) for name in batch.column("id").to_pylist()]
            for row in batch.filter(pa.array(taken, pa.bool_())).to_pylist():
                if (row["text"] or "").strip():
                    yield {name: row[name] or "" for name in ARTICLE_COLUMNS}
    if not texts:
        raise SourceError(f"{key}.source: none of the {rows} rows of its files has a text; give a corpus of articles")


def write_shards(articles: Iterable[dict[str, str]], directory: Path) -> int:
    """Write articles to parquet files of ``SHARD`` each, holding one file's worth in memory; returns how many there were.

    Raises:
        SourceError: there was none.
    """
    stream = iter(articles)
    count = shard = 0
    while parts := [*_packed(islice(stream, SHARD))]:
        table = pa.concat_tables(parts)
        del parts
        table = table.combine_chunks()  # pages of a file end elsewhere where its columns are in pieces
        pq.write_table(table, directory / f"articles-{shard:05}.parquet")
        count += len(table)
        shard += 1
    if not count:
        raise SourceError("corpus.fraction: the sample holds no article; give a larger fraction")
    return count


def _packed(articles: Iterator[dict[str, str]]) -> Iterator[pa.Table]:
    """Articles in Arrow's form, of which a row in Python takes several times as much memory."""
    while rows := list(islice(articles, ROWS)):
        yield pa.Table.from_pylist(rows)


def read_articles(directory: Path) -> Iterator[dict[str, str]]:
    """The articles that ``write_shards`` wrote, in the same order."""
    for path in sorted(directory.glob("articles-*.parquet")):
        for batch in pq.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False).iter_batches(ARTICLES_AT_ONCE):
            yield from batch.to_pylist()
