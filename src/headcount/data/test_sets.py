"""Test sets that say the same in several languages: read, checked, and set one below the other.

A model that was fine-tuned in one language is asked in all of them, so every language must ask the same questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from headcount.data import splits
from headcount.data.sampling import sample
from headcount.data.sources import CARD, Repository, data_set
from headcount.data.tasks import TEST_SETS
from headcount.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

KEY = "languages.test"
"""The section of the config that names the source."""
COLUMNS = ("language", "idx", "text", "text_pair", "label")


def repository(source: str, revision: str | None) -> Repository:
    """Where the test sets lie: a local directory, or a data set on the Hub.

    Raises:
        SourceError: it cannot be found or fetched.
    """
    return data_set(KEY, source, revision)


def content(test_set: str, languages: Sequence[str], data: Repository) -> tuple[str, ...]:
    """Patterns of all files that the test sets of some languages depend on: the source's card, and theirs."""
    split = TEST_SETS[test_set].split
    return (CARD, *(pattern for code in languages for pattern in splits.subset_content(code, split, data)))


def files(test_set: str, languages: Sequence[str], data: Repository) -> list[Path]:
    """The files of the test sets of some languages.

    Raises:
        SourceError: as ``Repository.parquet``.
    """
    return [path for code in languages for path in splits.files(code, TEST_SETS[test_set].split, data)]


def read_test_sets(test_set: str, languages: Sequence[str], data: Repository, at_most: int | None = None) -> pd.DataFrame:
    """The languages one after the other, in ``COLUMNS``: each with the same ``idx`` and labels in the same order.

    Args:
        at_most: so many examples of each language, a seeded sample by ``idx``: the same in all; null: all.

    Raises:
        SourceError: a language is missing, cannot be read or lacks a column; a label is none of the task's; or a language has
            another number of examples, another ``idx`` or another label in a row than the first.
    """
    about = TEST_SETS[test_set]
    found = {code: splits.load_split(about.trained_as, about.split, data, code) for code in languages}
    first, reference = next(iter(found.items()))
    for code, rows in found.items():
        _parallel(reference, rows, first, f"{data.where}: {about.split} of {code} in {data.source!r}")
    kept = sample(0, reference["idx"].astype(str).tolist(), at_most=at_most)
    table = pd.concat([rows.iloc[kept].assign(language=code) for code, rows in found.items()], ignore_index=True)
    return table[list(COLUMNS)]


def _parallel(reference: pd.DataFrame, rows: pd.DataFrame, first: str, where: str) -> None:
    """Refuse a language whose examples are not those of the first one in the same order."""
    remedy = "give test sets that ask the same in the same order, or leave that language out"
    if len(rows) != len(reference):
        raise SourceError(f"{where} has {len(rows)} examples, {first} has {len(reference)}; {remedy}")
    for column in ("idx", "label"):
        if (other := rows[column] != reference[column]).any():
            row = int(np.argmax(other))
            here, there = rows[column][row], reference[column][row]
            raise SourceError(f"{where}: row {row} has the {column} {here}, in {first} it is {there}; {remedy}")
