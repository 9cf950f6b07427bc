"""What chance gives: of recall, overlap and the Jaccard index of two sets of heads."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from headcount.analysis.required import ROUNDING

BAND = (0.025, 0.975)
"""The quantiles that bound what chance gives in 95 % of the cases."""


class Chance(NamedTuple):
    """What random heads recall: the mean, and the bounds of 95 % of the cases."""

    mean: float
    low: float
    high: float


@cache
def _shared_by_chance(heads: int, first: int, second: int) -> tuple[np.ndarray, np.ndarray]:
    """How many heads two sets can share, and how probable each number is if one set is random: hypergeometric."""
    from scipy.stats import hypergeom

    shared = np.arange(max(0, first + second - heads), min(first, second) + 1)
    return shared, hypergeom.pmf(shared, heads, second, first)


def chance_recall(heads: int, drawn: int, wanted: int) -> Chance | None:
    """The recall of ``wanted`` heads by ``drawn`` random ones of all ``heads``; ``None`` where nothing is wanted."""
    if not wanted:
        return None
    shared, probability = _shared_by_chance(heads, drawn, wanted)
    up_to = np.cumsum(probability)
    low, high = (int(shared[np.argmax(up_to >= quantile - ROUNDING)]) / wanted for quantile in BAND)
    return Chance(drawn / heads, low, high)


def chance_overlap(heads: int, first: int, second: int) -> float | None:
    """The expected overlap of two random sets: first · second / heads shared heads, over the smaller size."""
    return max(first, second) / heads if min(first, second) else None


def chance_jaccard(heads: int, first: int, second: int) -> float | None:
    """The expected Jaccard index of two random sets, exactly; ``None`` where both are empty."""
    if not first + second:
        return None
    shared, probability = _shared_by_chance(heads, first, second)
    return float(probability @ (shared / (first + second - shared)))
