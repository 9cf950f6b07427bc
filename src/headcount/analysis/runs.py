"""Runs: one model pruned on one task with one seed, as they are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float64

from headcount.analysis.counted import USED, fate
from headcount.analysis.required import Crossing, required
from headcount.order.curve import Place, units_in
from headcount.units import UNITS

KEYS = ("study", "model", "task", "seed", "unit", "criterion", "norm", "schedule")
"""What is the same along a curve."""


@dataclass(frozen=True, eq=False)
class Run:
    """One model that loses units of one kind, on one task with one seed, in the order of one criterion and norm.

    Args:
        curve: in ``headcount.order.curve.COLUMNS``, one row a point, ascending.
        order: all units, in the order in which they were removed; none of a collapsed run, from which none was.
        importance: of each unit, after the norm.
        collapsed: fine-tuning has not learnt the task (``headcount.analysis.learnt``).

    Raises:
        ValueError: rows of several curves, or an order that is not one of the importance tensor's units.
    """

    curve: pd.DataFrame
    order: Sequence[Place]
    importance: Float64[np.ndarray, "*units"]
    collapsed: bool = False

    def __post_init__(self) -> None:
        for column in KEYS:
            if (found := self.curve[column].nunique()) != 1:
                raise ValueError(f"a run has one {column}, not {found}: {list(self.curve[column].unique())}")
        if sorted(self.order) != list(np.ndindex(self.importance.shape)) and not (self.collapsed and not self.order):
            shape = self.importance.shape
            raise ValueError(f"{self}: the order must name each {self.unit} of an importance tensor {shape} once")

    @classmethod
    def of(
        cls,
        curve: pd.DataFrame,
        order: pd.DataFrame,
        importance: Float64[np.ndarray, "rows heads"],
        metrics: pd.DataFrame | None = None,
    ) -> Run:
        """A run from what lies on disk.

        Args:
            order: ``place``, and the columns that name a unit.
            importance: of the heads, after the norm.
            metrics: a row per fine-tuned model, with columns model, task, seed, collapsed; none for the pre-train task.

        Raises:
            UnknownName: the curve is of an unknown kind of unit.
            ValueError: as the class; an order of another kind of unit; or the metrics have not one row of this run.
        """
        unit = UNITS[str(curve["unit"].iloc[0])]
        if (found := tuple(order.columns)) != ("place", *unit.columns):
            wanted = ", ".join(("place", *unit.columns))
            raise ValueError(f"an order of {unit.plural} has the columns {wanted}; this one has {', '.join(found)}")
        collapsed = metrics is not None and _has_collapsed(curve, metrics)
        return cls(curve, units_in(order), unit.importance(importance), collapsed)

    def __str__(self) -> str:
        return f"{self.model}, {self.task}, seed {self.seed}, norm {self.norm}"

    def _key(self, column: str) -> str:
        return str(self.curve[column].iloc[0])

    @property
    def study(self) -> str:
        return self._key("study")

    @property
    def model(self) -> str:
        return self._key("model")

    @property
    def task(self) -> str:
        return self._key("task")

    @property
    def seed(self) -> int:
        return int(self._key("seed"))

    @property
    def unit(self) -> str:
        return self._key("unit")

    @property
    def criterion(self) -> str:
        return self._key("criterion")

    @property
    def norm(self) -> str:
        return self._key("norm")

    @property
    def schedule(self) -> str:
        return self._key("schedule")

    @property
    def units(self) -> int:
        """How many units the whole model has."""
        return self.importance.size

    def required(self, level: float, crossing: Crossing) -> frozenset[Place] | None:
        """``required`` on this curve; ``None`` where the run does not count."""
        if fate(self.curve["relative_score"].tolist(), collapsed=self.collapsed) != USED:
            return None
        return required(self.curve["removed"].tolist(), self.curve["relative_score"].tolist(), self.order, level, crossing)


def _has_collapsed(curve: pd.DataFrame, metrics: pd.DataFrame) -> bool:
    """What the metrics say of the run that a curve is of.

    Raises:
        ValueError: they have not one row of it.
    """
    model, task, seed, norm = (curve[column].iloc[0] for column in ("model", "task", "seed", "norm"))
    own = metrics[(metrics["model"] == model) & (metrics["task"] == task) & (metrics["seed"] == seed)]
    if len(own) != 1:
        raise ValueError(f"{model}, {task}, seed {seed}, norm {norm}: one row in the metrics is needed, {len(own)} found")
    return bool(own["collapsed"].iloc[0])


def refuse_mixtures(runs: Sequence[Run]) -> None:
    """See that all runs are of one model and one kind of unit, and that their orders were made in one way.

    Raises:
        ValueError: they are not; or a run is given twice.
    """
    for column in ("study", "model", "unit", "criterion", "schedule"):
        if len(found := sorted({getattr(run, column) for run in runs})) > 1:
            raise ValueError(f"runs of one {column} are compared, not of {', '.join(found)}")
    if len(shapes := {run.importance.shape for run in runs}) > 1:
        raise ValueError(f"one model has one shape of units, not {sorted(shapes)}")
    keys = [str(run) for run in runs]
    if twice := {key for key in keys if keys.count(key) > 1}:
        raise ValueError(f"given twice: {min(twice)}")


def size_of(units: frozenset[Place] | None) -> int | None:
    return None if units is None else len(units)
