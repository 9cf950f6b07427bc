"""Curves: what a model answers while units are removed one batch after the other. What the units are, only the caller knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import pandas as pd

from headcount.order.outcomes import NOT_ASKED, Answer, light
from headcount.order.points import relative
from headcount.progress import log

Place = tuple[int, ...]
"""Where a unit stands in the model: (row, head) of a head, (layer,) of a layer."""

COLUMNS = (
    "study", "model", "task", "seed", "unit", "criterion", "norm", "schedule",
    "removed", "removed_fraction", "metric", "score", "relative_score", "loss",
)  # fmt: skip


class Removable(Protocol):
    """Something with units that can be named one by one, and removed for good."""

    @property
    def left(self) -> list[Any]:
        """The places of the units that are still there."""

    def remove(self, units: Sequence[Any]) -> None:
        """Remove some of them."""


class Shrinking(Protocol):
    """Something that loses more and more of its units; it alone knows which go next."""

    @property
    def size(self) -> int:
        """How many units it had when it was whole."""

    def shrink(self, removed: int) -> None:
        """Have exactly so many units gone: those that were gone before, and others. Never asked for fewer than before."""

    @property
    def gone(self) -> Sequence[Place]:
        """The places of the removed units in the order in which they went; empty where no list of them is kept."""


class InOrder:
    """A ``Shrinking`` of units that are few enough to be listed: ``next_units`` says which of those left go next."""

    def __init__(self, units: Removable, next_units: Callable[[Removable, int], Sequence[Any]]) -> None:
        self.units = units
        self.next_units = next_units
        self.size = len(units.left)
        self.gone: list[Place] = []

    def shrink(self, removed: int) -> None:
        if removed > len(self.gone):
            batch = self.next_units(self.units, removed - len(self.gone))
            self.units.remove(batch)
            self.gone += batch


def one_shot(order: Sequence[Place]) -> Callable[[Removable, int], list[Place]]:
    """The next units in the order of one estimate, made of the whole model."""

    def next_units(units: Removable, count: int) -> list[Place]:
        left = set(units.left)
        return [unit for unit in order if unit in left][:count]

    return next_units


def trace(units: Shrinking, removed: Sequence[int], ask: Callable[[], Answer]) -> list[Answer]:
    """What is answered with 0 … all units removed, cumulatively.

    Args:
        units: lose what is removed.
        removed: how many units are gone at each point, ascending.
        ask: what is left.

    Returns:
        ``light`` answers.
    """
    answers: list[Answer] = []
    for number, target in enumerate(removed, 1):
        units.shrink(target)
        answers.append(light(ask()))
        log.info("point %d of %d: %d removed, score %.4f", number, len(removed), target, answers[-1].score)
    return answers


class Traced(NamedTuple):
    """A curve: how many units are gone at each point, what was answered there, and the units in the order in which they went.

    Args:
        named: the examples, a row each, as ``outcomes_table`` takes them.
        metric: the name of their score.
    """

    removed: Sequence[int]
    answers: Sequence[Answer]
    gone: Sequence[Place]
    named: pd.DataFrame
    metric: str


def untraced(removed: Sequence[int], metric: str) -> Traced:
    """The curve of a model that is not asked: its points, and nothing of them."""
    nobody = pd.DataFrame({"example": pd.Series(dtype=str), "label": pd.Series(dtype="int64")})
    return Traced(removed, [NOT_ASKED] * len(removed), [], nobody, metric)


def table(removed: Sequence[int], answers: Sequence[Answer], keys: dict[str, object]) -> pd.DataFrame:
    """One row per point in ``COLUMNS``; ``keys`` gives those that do not change along the curve."""
    scores = [answer.score for answer in answers]
    rows = pd.DataFrame(
        {
            **keys,
            "removed": removed,
            "removed_fraction": [count / removed[-1] for count in removed],
            "score": scores,
            "relative_score": pd.array(relative(scores), dtype="Float64"),
            "loss": pd.array([answer.loss for answer in answers], dtype="Float64"),
        }
    )
    return rows[list(COLUMNS)]


def order_table(gone: Iterable[Place], columns: Sequence[str]) -> pd.DataFrame:
    """The units in the order in which they went: ``place`` from 0, and the ``columns`` that name a unit; all int64."""
    rows = [(place, *unit) for place, unit in enumerate(gone)]
    return pd.DataFrame(rows, columns=["place", *columns], dtype="int64")


def units_in(order: pd.DataFrame) -> list[Place]:
    """The units of an order table, in their order."""
    named = order.sort_values("place").drop(columns="place")
    return [tuple(map(int, row)) for row in named.itertuples(index=False, name=None)]
