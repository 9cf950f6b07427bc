"""Curves: a score while units are removed one batch after the other. What the units are, only the caller knows."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Protocol, TypeVar

import pandas as pd

from headcount.order.points import relative
from headcount.progress import log

Unit = TypeVar("Unit", bound=Hashable)

COLUMNS = (
    "study", "model", "task", "seed", "unit", "criterion", "norm", "schedule",
    "removed", "removed_fraction", "metric", "score", "relative_score",
)  # fmt: skip


class Removable(Protocol[Unit]):
    """Something whose units can be removed for good."""

    @property
    def left(self) -> list[Unit]:
        """The units that are still there."""

    def remove(self, units: Sequence[Unit]) -> None:
        """Remove some of them."""


def one_shot(order: Sequence[Unit]) -> Callable[[Removable[Unit], int], list[Unit]]:
    """The next units in the order of one estimate, made of the whole model."""

    def next_units(units: Removable[Unit], count: int) -> list[Unit]:
        left = set(units.left)
        return [unit for unit in order if unit in left][:count]

    return next_units


def trace(
    units: Removable[Unit],
    removed: Sequence[int],
    next_units: Callable[[Removable[Unit], int], list[Unit]],
    score: Callable[[], float],
) -> tuple[list[float], list[Unit]]:
    """The score with 0 … all units removed, cumulatively; and the units in the order they went.

    Args:
        units: lose what is removed.
        removed: how many units are gone at each point, ascending.
        next_units: which go next.
        score: of what is left.
    """
    gone: list[Unit] = []
    scores: list[float] = []
    for number, target in enumerate(removed, 1):
        if target > len(gone):
            batch = next_units(units, target - len(gone))
            units.remove(batch)
            gone += batch
        scores.append(score())
        log.info("point %d of %d: %d removed, score %.4f", number, len(removed), target, scores[-1])
    return scores, gone


def table(removed: Sequence[int], scores: Sequence[float], keys: dict[str, object]) -> pd.DataFrame:
    """One row per point in ``COLUMNS``; ``keys`` gives those that do not change along the curve."""
    rows = pd.DataFrame(
        {
            **keys,
            "removed": removed,
            "removed_fraction": [count / removed[-1] for count in removed],
            "score": scores,
            "relative_score": pd.array(relative(scores), dtype="Float64"),
        }
    )
    return rows[list(COLUMNS)]
