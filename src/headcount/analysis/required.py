"""Required units (the paper's required heads): what is left where a curve last holds a level (§4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd
from jaxtyping import Float64, Int64

from headcount.order.curve import Place

Crossing = Literal["first_crossing", "last_crossing"]
"""Which crossing of a level counts on a curve that wiggles; the paper does not say."""
CROSSINGS: tuple[Crossing, ...] = get_args(Crossing)
ROUNDING = 1e-9
"""Values this close below a bar count as reaching it: 0.72 / 0.8 is 0.9, but a little less in floating point."""


def largest_removed(
    removed: Sequence[int], relative_scores: Sequence[float | None], level: float, crossing: Crossing = "first_crossing"
) -> int | None:
    """How many units can go before the relative score falls below a level.

    Args:
        removed: units removed at each point of a curve, from 0 up.
        relative_scores: share of the unpruned score at each point; all null where undefined.
        level: 0 … 1.
        crossing: ``first_crossing``: the largest point such that every point up to and including it reaches the level;
            ``last_crossing``: the largest point that reaches it, whatever lies before.

    Returns:
        ``None`` if the relative scores are null; 0 at least, since the unpruned model has all of its own score.

    Raises:
        ValueError: another crossing or level, points that do not rise from 0, or relative scores null at some points only.
    """
    if crossing not in CROSSINGS:
        raise ValueError(f"crossing {crossing!r} is unknown: allowed are {', '.join(CROSSINGS)}")
    if not 0 <= level <= 1:
        raise ValueError(f"level {level}: allowed is 0 … 1, a share of the unpruned model's score")
    points = np.asarray(removed)
    if not len(points) or points[0] != 0 or (np.diff(points) <= 0).any():
        raise ValueError(f"a curve's points rise from 0 removed; these are {points.tolist()}")
    scores = pd.array(relative_scores, dtype="Float64").to_numpy(dtype=float, na_value=np.nan)
    if (missing := np.isnan(scores)).all():
        return None
    if missing.any():
        raise ValueError(f"relative scores are null at {missing.sum()} of {len(missing)} points: it must be at all or at none")
    return int(points[last_reached(scores, level, crossing)])


def last_reached(
    relative_scores: Float64[np.ndarray, "*curves points"], level: float, crossing: Crossing
) -> Int64[np.ndarray, "*curves"]:
    """The number of the point at which each curve holds a level for the last time, in the sense of ``crossing``."""
    reached = relative_scores >= level - ROUNDING
    first = np.logical_and.accumulate(reached, axis=-1).sum(axis=-1) - 1
    last = reached.shape[-1] - 1 - np.argmax(reached[..., ::-1], axis=-1)
    found: Int64[np.ndarray, "*curves"] = first if crossing == "first_crossing" else last
    return found


def prunable_share(
    removed_fractions: Float64[np.ndarray, " points"],
    relative_scores: Float64[np.ndarray, "*curves points"],
    level: float,
    crossing: Crossing = "first_crossing",
) -> Float64[np.ndarray, "*curves"]:
    """The share of the units that can go before the relative score falls below a level, read off between points.

    Linear from the last point that holds the level to the next one, which does not. The grid alone takes up to the distance of
    two points away. NaN where the relative scores are.
    """
    last = last_reached(relative_scores, level, crossing)
    following = np.minimum(last + 1, len(removed_fractions) - 1)
    at, after = (np.take_along_axis(relative_scores, one[..., None], -1)[..., 0] for one in (last, following))
    drop = at - after
    way = np.divide(at - level, drop, out=np.zeros_like(drop), where=drop > 0).clip(0, 1)
    share: Float64[np.ndarray, "*curves"] = removed_fractions[last] * (1 - way) + removed_fractions[following] * way
    return np.where(np.isnan(relative_scores[..., 0]), np.nan, share)


def required(
    removed: Sequence[int],
    relative_scores: Sequence[float | None],
    order: Sequence[Place],
    level: float,
    crossing: Crossing = "first_crossing",
) -> frozenset[Place] | None:
    """H of Eq. 5: the units that are left where the relative score last reaches a level, in the sense of ``crossing``.

    Args:
        order: all units, in the order in which they were removed.

    Returns:
        ``None`` if the relative scores are null; no units at all where the level is held to the end of the curve.

    Raises:
        ValueError: as ``largest_removed``.
    """
    gone = largest_removed(removed, relative_scores, level, crossing)
    return None if gone is None else frozenset(order[gone:])
