"""What chance gives: of recall, overlap and the Jaccard index of two sets of units."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from headcount.analysis.required import ROUNDING

BAND = (0.025, 0.975)
"""The quantiles that bound what chance gives in 95 % of the cases."""


class Chance(NamedTuple):
    """What random units recall: the mean, and the bounds of 95 % of the cases."""

    mean: float
    low: float
    high: float


@cache
def _shared_by_chance(units: int, first: int, second: int) -> tuple[np.ndarray, np.ndarray]:
    """How many units two sets can share, and how probable each number is if one set is random: hypergeometric."""
    from scipy.stats import hypergeom

    shared = np.arange(max(0, first + second - units), min(first, second) + 1)
    return shared, hypergeom.pmf(shared, units, second, first)


def chance_recall(units: int, drawn: int, wanted: int) -> Chance | None:
    """The recall of ``wanted`` units by ``drawn`` random ones of all ``units``; ``None`` where nothing is wanted."""
    if not wanted:
        return None
    shared, probability = _shared_by_chance(units, drawn, wanted)
    up_to = np.cumsum(probability)
    low, high = (int(shared[np.argmax(up_to >= quantile - ROUNDING)]) / wanted for quantile in BAND)
    return Chance(drawn / units, low, high)


def chance_overlap(units: int, first: int, second: int) -> float | None:
    """The expected overlap of two random sets: first · second / units are shared, over the smaller size."""
    return max(first, second) / units if min(first, second) else None


def chance_jaccard(units: int, first: int, second: int) -> float | None:
    """The expected Jaccard index of two random sets, exactly; ``None`` where both are empty."""
    if not first + second:
        return None
    shared, probability = _shared_by_chance(units, first, second)
    return float(probability @ (shared / (first + second - shared)))
