"""Means over seeds, with a bootstrap interval over seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

CONFIDENCE = 0.95
RESAMPLES = 10_000
SEED = 0
"""Of the resampling: the same tables give the same intervals."""


class Term(NamedTuple):
    """A mean over seeds that enters an estimate.

    Args:
        values: a number per seed.
        weight: with which the mean is added.
        block: terms of one block are resampled together, seed by seed; terms of different blocks independently.
    """

    values: Mapping[int, float]
    weight: float = 1.0
    block: str = ""


class Estimate(NamedTuple):
    """A weighted sum of means; its percentile interval, null with fewer than two seeds; the seeds of its smallest term."""

    value: float
    low: float | None
    high: float | None
    seeds: int


def estimate(
    terms: Sequence[Term], confidence: float = CONFIDENCE, resamples: int = RESAMPLES, seed: int = SEED
) -> Estimate | None:
    """The sum of the terms' weighted means over seeds, with its percentile bootstrap interval.

    A seed that one term of a block lacks counts for the others; a resample that leaves a term without any seed is dropped.

    Returns:
        ``None`` if there are no terms, or one without any value.

    Raises:
        ValueError: a value that is not finite.
    """
    if any(not np.isfinite(value) for term in terms for value in term.values.values()):
        raise ValueError("an undefined value must be left out before it comes to a mean")
    seeds = min((len(term.values) for term in terms), default=0)
    if not seeds:
        return None
    value = sum(term.weight * float(np.mean(list(term.values.values()))) for term in terms)
    if seeds == 1:
        return Estimate(value, None, None, seeds)
    rng = np.random.default_rng(seed)
    total = np.zeros(resamples)
    for block in sorted({term.block for term in terms}):
        for mean in _resampled([term for term in terms if term.block == block], resamples, rng):
            total += mean
    tail = 50 * (1 - confidence)
    low, high = np.percentile(total[~np.isnan(total)], [tail, 100 - tail])
    return Estimate(value, float(low), float(high), seeds)


def _resampled(terms: list[Term], resamples: int, rng: np.random.Generator) -> Iterator[Float64[np.ndarray, " resamples"]]:
    """The weighted mean of each term of a block, in the same resamples of the block's seeds; NaN without any value."""
    seeds = sorted({seed for term in terms for seed in term.values})
    drawn: Int64[np.ndarray, "resamples seeds"] = rng.integers(len(seeds), size=(resamples, len(seeds)))
    for term in terms:
        values = np.array([term.values.get(seed, np.nan) for seed in seeds])[drawn]
        there = ~np.isnan(values)
        count, total = there.sum(axis=1), np.where(there, values, 0.0).sum(axis=1)
        yield term.weight * np.divide(total, count, out=np.full(resamples, np.nan), where=count > 0)
