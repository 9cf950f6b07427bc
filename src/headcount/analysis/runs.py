"""Runs: one model pruned on one task with one seed, as they are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float64

from headcount.analysis.required import Crossing, required
from headcount.order.ranking import Head


@dataclass(frozen=True, eq=False)
class Run:
    """One model pruned on one task with one seed, under one norm.

    Args:
        curve: in ``headcount.curves.COLUMNS``, one row a point, ascending.
        order: all heads, in the order in which they were removed.
        importance: after the norm.
        collapsed: fine-tuning did not get above the majority class.

    Raises:
        ValueError: rows of several curves, or an order that is not one of the importance tensor's heads.
    """

    curve: pd.DataFrame
    order: Sequence[Head]
    importance: Float64[np.ndarray, "rows heads"]
    collapsed: bool = False

    def __post_init__(self) -> None:
        for column in ("study", "model", "task", "seed", "norm", "schedule"):
            if (found := self.curve[column].nunique()) != 1:
                raise ValueError(f"a run has one {column}, not {found}: {list(self.curve[column].unique())}")
        if sorted(self.order) != list(np.ndindex(self.importance.shape)):
            raise ValueError(f"{self}: the order must name each head of an importance tensor {self.importance.shape} once")

    @classmethod
    def of(
        cls, curve: pd.DataFrame, order: Sequence[Sequence[int]], importance: np.ndarray, metrics: pd.DataFrame | None = None
    ) -> Run:
        """A run from what lies on disk.

        Args:
            order: [row, head] pairs.
            importance: ``[rows, heads]`` after the norm.
            metrics: a row per fine-tuned model, with columns model, task, seed, collapsed; none for the pre-train task.

        Raises:
            ValueError: as the class; or the metrics have not one row of this run.
        """
        run = cls(curve, [(int(row), int(head)) for row, head in order], importance)
        if metrics is None:
            return run
        own = metrics[(metrics["model"] == run.model) & (metrics["task"] == run.task) & (metrics["seed"] == run.seed)]
        if len(own) != 1:
            raise ValueError(f"{run}: one row in the metrics is needed, {len(own)} found")
        return cls(curve, run.order, importance, bool(own["collapsed"].iloc[0]))

    def __str__(self) -> str:
        return f"{self.model}, {self.task}, seed {self.seed}, norm {self.norm}"

    @property
    def study(self) -> str:
        return str(self.curve["study"].iloc[0])

    @property
    def model(self) -> str:
        return str(self.curve["model"].iloc[0])

    @property
    def task(self) -> str:
        return str(self.curve["task"].iloc[0])

    @property
    def seed(self) -> int:
        return int(self.curve["seed"].iloc[0])

    @property
    def norm(self) -> str:
        return str(self.curve["norm"].iloc[0])

    @property
    def heads(self) -> int:
        """How many heads the unpruned model has."""
        return self.importance.size

    def required(self, level: float, crossing: Crossing) -> frozenset[Head] | None:
        """``required`` on this curve; ``None`` where the run collapsed."""
        if self.collapsed:
            return None
        return required(self.curve["removed"].tolist(), self.curve["relative_score"].tolist(), self.order, level, crossing)


def _refuse_mixtures(runs: Sequence[Run]) -> None:
    """Sets of heads of different models, or of orders made in different ways, must not be compared unseen."""
    for column in ("study", "model", "schedule"):
        if len(found := sorted({str(run.curve[column].iloc[0]) for run in runs})) > 1:
            raise ValueError(f"runs of one {column} are compared, not of {', '.join(found)}")
    if len(shapes := {run.importance.shape for run in runs}) > 1:
        raise ValueError(f"one model has one shape [rows, heads] of heads, not {sorted(shapes)}")
    keys = [str(run) for run in runs]
    if twice := {key for key in keys if keys.count(key) > 1}:
        raise ValueError(f"given twice: {min(twice)}")


def _size(heads: frozenset[Head] | None) -> int | None:
    return None if heads is None else len(heads)
