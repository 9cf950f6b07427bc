"""Labelled texts in parts that have none in common: which rank, which choose, which measure; and whether there are enough."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from headcount.data.sampling import rank
from headcount.one_model.data import Data, read
from headcount.progress import log

LEAST = 50
"""Fewer examples than this say nothing: one of them would be 2 % of the score."""


def key(row: Any, seed: int = 0) -> float:
    """A number that stands for an example's text or pair of texts; another text has another one."""
    return rank(seed, f"{row.text}\0{row.text_pair if isinstance(row.text_pair, str) else ''}")


def keys(rows: pd.DataFrame) -> frozenset[float]:
    """Those of all examples."""
    return frozenset(map(key, rows.itertuples()))


def divided(rows: pd.DataFrame, shares: Sequence[float], seed: int) -> list[pd.DataFrame]:
    """The examples in parts of these shares, each with as much of every label; the same whatever order they come in."""
    ranks = [key(row, seed) for row in rows.itertuples()]
    ordered = rows.assign(_rank=ranks).sort_values(["label", "_rank"])
    owed, part = np.zeros(len(shares)), np.empty(len(rows), np.int64)
    for place in range(len(rows)):
        owed += shares
        part[place] = owed.argmax()
        owed[part[place]] -= 1
    parts = [ordered[part == number].sort_values("_rank") for number in range(len(shares))]
    return [each.drop(columns="_rank").reset_index(drop=True) for each in parts]


def split(
    data: Data,
    shares: Sequence[float] = (0.5, 0.5),
    *,
    text: str | Sequence[str] | None = None,
    label: str | None = None,
    seed: int = 0,
) -> list[pd.DataFrame]:
    """One data set in parts of these shares that have no text in common, each with as much of every label.

    The same examples fall to the same part whatever order they come in; another ``seed`` divides them otherwise.

    Args, errors:
        As ``examples``; or the shares are not positive numbers that add up to 1.
    """
    if len(shares) < 2 or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
        raise ValueError(f"shares: {tuple(shares)}; allowed are two or more positive numbers that add up to 1")
    return divided(read(data, text, label), shares, seed)


def sampled(rows: pd.DataFrame, at_most: int, seed: int) -> pd.DataFrame:
    """``at_most`` so many examples, of every label as large a share."""
    if len(rows) <= at_most:
        return rows
    share = at_most / len(rows)
    return divided(rows, (share, 1 - share), seed)[0]


def without(rows: pd.DataFrame, seen: Iterable[float], what: str) -> pd.DataFrame:
    """The examples that were not seen before."""
    known = frozenset(seen)
    fresh = np.array([key(row) not in known for row in rows.itertuples()], bool)
    if lost := int((~fresh).sum()):
        log.warning(f"{what}: {lost} of {len(rows)} examples were used to rank the heads, and are left out here")
    return rows[fresh].reset_index(drop=True)


def check_enough(rows: pd.DataFrame, what: str) -> None:
    """See that there are enough examples to say anything, of more than one label.

    Raises:
        ValueError: there are not.
    """
    if len(rows) < LEAST:
        raise ValueError(f"{what}: {len(rows)} examples are too few to say anything; give at least {LEAST}")
    if rows["label"].nunique() < 2:
        raise ValueError(f"{what}: all examples have one label; give some of another too")
