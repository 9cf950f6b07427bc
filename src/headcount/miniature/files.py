"""The embedded world on disk, in the Hub's layout, so that the code that reads the real data reads it too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pyarrow.parquet as pq

from headcount.miniature.articles import articles
from headcount.miniature.parallel import parallel
from headcount.miniature.tasks import SPLITS, examples


def write_task(directory: Path, task: str, seed: int, train: int, validation: int, noise: float) -> None:
    """The splits of one task, as ``nyu-mll/glue`` has them: one parquet file each.

    Args:
        noise: share of the validation examples that bear a wrong label.
    """
    for split in SPLITS[task]:
        count, wrong = (train, 0.0) if split == "train" else (validation, noise)
        rows = examples(task, split, seed, count, wrong)
        pq.write_table(pa.Table.from_pylist(rows), directory / f"{split}-00000-of-00001.parquet")


def write_articles(
    directory: Path,
    seed: int,
    first: int,
    count: int,
    shares: Mapping[str, float] = MappingProxyType({"en": 1.0}),
    translated: float = 0.0,
) -> None:
    """Articles ``first`` … of each language (``articles.articles``), as ``wikimedia/wikipedia`` has them."""
    rows = list(articles(seed, first, count, shares, translated))
    pq.write_table(pa.Table.from_pylist(rows), directory / "train-00000-of-00001.parquet")


def write_test_sets(directory: Path, seed: int, count: int, languages: Iterable[str]) -> None:
    """The same ``count`` pairs of clauses in each language, as ``facebook/xnli`` has them: a folder each.

    Raises:
        UnknownName: there is no such language.
    """
    for language, rows in parallel(seed, count, languages).items():
        (directory / language).mkdir()
        pq.write_table(pa.Table.from_pylist(rows), directory / language / "test-00000-of-00001.parquet")
