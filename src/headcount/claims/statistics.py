"""Means with both of their sources of chance, seeds and examples: intervals, and what may be concluded from them.

An interval's half width at a tail probability p is the root of t² · (variance of the mean over seeds) + z² · (variance over the
examples), t and z being the quantiles at p of Student's distribution and the normal one: each variance with the quantile of
what it was estimated from. One quantile with Satterthwaite's degrees of freedom over both covers too seldom at two seeds
(``headcount.claims.calibration`` shows either). Between models, whose seeds are independent, Satterthwaite's rule holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64

from headcount.analysis.required import ROUNDING
from headcount.claims.bars import Bar

CONFIDENCE = 0.95
TAIL = (1 - CONFIDENCE) / 2
"""Probability that is left on either side of an interval; a direction is said at this level."""
LEAST_SEEDS = 3
"""No direction is said from fewer seeds."""
MANY_SEEDS = 1000
"""More would never be run: what needs them is left open by its examples, or lies at its bar."""


@dataclass(frozen=True)
class Term:
    """A mean over seeds that enters an estimate.

    Args:
        values: a number per seed.
        weight: with which the mean is added.
        block: terms of one block have their seeds in common; those of different blocks are independent.
        draws: per seed the number again on each resample of the examples, the same resamples for all seeds and terms; none
            where the examples are not to be had.
        error: a standard error of the mean besides, which has nothing to do with the seeds.
    """

    values: Mapping[int, float]
    weight: float = 1.0
    block: str = ""
    draws: Mapping[int, Float64[np.ndarray, " resamples"]] = field(default_factory=dict)
    error: float = 0.0


@dataclass(frozen=True)
class Estimate:
    """A weighted sum of means.

    Args:
        seeds: of its smallest term.
        error_of_seeds: standard error over the seeds, with its degrees of ``freedom``; both null with one seed.
        error_of_examples: standard error over the examples, and whatever else is not the seeds'.
    """

    value: float
    seeds: int
    error_of_seeds: float | None = None
    freedom: float | None = None
    error_of_examples: float = 0.0

    def half(self, tail: float = TAIL) -> float | None:
        """Half of the interval that leaves ``tail`` on either side; none with one seed."""
        if self.error_of_seeds is None or self.freedom is None:
            return None
        return _half(tail, self.error_of_seeds, self.freedom, self.error_of_examples)

    @property
    def interval(self) -> tuple[float, float] | None:
        half = self.half()
        return None if half is None else (self.value - half, self.value + half)

    def tail_beyond(self, distance: float) -> float:
        """The probability of a value that far from the true one or farther, on one side."""
        from scipy.optimize import brentq

        if self.error_of_seeds is None or distance <= 0:
            return 1.0
        least, most = 1e-12, 0.5 - 1e-12
        if (self.half(most) or 0.0) >= distance:
            return 0.5
        if (self.half(least) or 0.0) <= distance:
            return least
        return float(np.exp(brentq(lambda log: (self.half(np.exp(log)) or 0.0) - distance, np.log(least), np.log(most))))

    def seeds_for(self, distance: float, tail: float = TAIL) -> int | None:
        """How many seeds would bring the half width below a distance, at the variance seen; none if no number does."""
        if self.error_of_seeds is None or self.freedom is None:
            return None
        spread, each = self.error_of_seeds * np.sqrt(self.seeds), self.freedom / (self.seeds - 1)

        def enough(seeds: int) -> bool:
            return _half(tail, spread / np.sqrt(seeds), each * (seeds - 1), self.error_of_examples) < distance

        if not enough(MANY_SEEDS):
            return None
        return next(seeds for seeds in range(LEAST_SEEDS, MANY_SEEDS + 1) if enough(seeds))


def _half(tail: float, error_of_seeds: float, freedom: float, error_of_examples: float) -> float:
    from scipy.stats import norm, t

    return float(np.hypot(t.isf(tail, freedom) * error_of_seeds, norm.isf(tail) * error_of_examples))


def estimate(terms: Sequence[Term]) -> Estimate | None:
    """The sum of the terms' weighted means over seeds, with its standard errors.

    A seed that one term of a block lacks counts for the others.

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
    examples = float(np.hypot(_over_examples(terms), np.linalg.norm([term.weight * term.error for term in terms])))
    if seeds == 1:
        return Estimate(value, seeds, error_of_examples=examples)
    blocks = [[term for term in terms if term.block == block] for block in dict.fromkeys(term.block for term in terms)]
    variances = np.array([_over_seeds(block) for block in blocks])
    freedoms = np.array([min(len(term.values) for term in block) - 1 for block in blocks])
    total = float(variances.sum())
    freedom = total**2 / float((variances**2 / freedoms).sum()) if total else float(freedoms.min())
    return Estimate(value, seeds, float(np.sqrt(total)), freedom, examples)


def _over_seeds(terms: Sequence[Term]) -> float:
    """The variance of a block's sum of means: each seed's share of the sum's deviation, squared."""
    shares: dict[int, float] = {}
    for term in terms:
        mean, size = float(np.mean(list(term.values.values()))), len(term.values)
        for seed, value in term.values.items():
            shares[seed] = shares.get(seed, 0.0) + term.weight * (value - mean) / size
    return len(shares) / (len(shares) - 1) * sum(share**2 for share in shares.values())


def _over_examples(terms: Sequence[Term]) -> float:
    """The standard deviation of the sum of means over the resamples of the examples."""
    known = [(term.weight, [term.draws[seed] for seed in term.values if seed in term.draws]) for term in terms]
    drawn = [weight * np.mean(draws, axis=0) for weight, draws in known if draws]
    return float(np.nanstd(np.sum(drawn, axis=0), ddof=1)) if drawn else 0.0


# ------------------------------------------------------------------------------------------------------- held against a bar


def meets(value: float, bar: Bar) -> bool:
    """Whether a number lies where the bar wants it; what rounding alone puts beside the bar lies on it."""
    if bar.relation == ">":
        return value > bar.value + ROUNDING
    if bar.relation == ">=":
        return value >= bar.value - ROUNDING
    if bar.relation == "<":
        return value < bar.value - ROUNDING
    return abs(value) <= bar.value + ROUNDING


def distance(value: float, bar: Bar) -> float:
    """How far a number lies from the nearest number on the other side of the bar."""
    return abs(abs(value) - bar.value) if bar.relation == "within" else abs(value - bar.value)


def is_beyond(found: Estimate, bar: Bar) -> bool:
    """Whether the whole interval lies where the bar wants it, on enough seeds."""
    interval = found.interval
    return found.seeds >= LEAST_SEEDS and interval is not None and all(meets(end, bar) for end in interval)


def tail_of(found: Estimate, bar: Bar) -> float:
    """The one-sided probability of a value this far on the wrong side of the bar, or farther, if the truth lay at the bar."""
    if found.seeds < LEAST_SEEDS or meets(found.value, bar):
        return 1.0
    return found.tail_beyond(distance(found.value, bar))


def rejected(tails: Sequence[float], level: float = TAIL) -> list[bool]:
    """Holm's rule: which of several hypotheses fall, so that a true one falls with probability ``level`` at most."""
    order = np.argsort(tails, kind="stable")
    falls, found = True, [False] * len(tails)
    for rank, which in enumerate(order):
        falls = falls and tails[which] <= level / (len(tails) - rank)
        found[which] = falls
    return found
