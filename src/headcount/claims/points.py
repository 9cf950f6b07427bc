"""How the claims read a study's trained points: models pruned to a sparsity, trained on, and asked a task.

A point that was pruned at one shot, with no training after, is never read here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float64

from headcount.analysis.counted import LEFT_OUT, USED, fate
from headcount.claims.tables import Runs, Tables, sources_of, weakness
from headcount.claims.values import numbers
from headcount.claims.weights import PAPER_TASKS, Asked
from headcount.data.tasks import MASKED_LM
from headcount.phrasing import listed, percent

Numbers = Float64[np.ndarray, "*resamples"]
Measured = Literal["accuracy", "loss", "training_loss"]
ARMS = {
    "retrained": "pruned in pre-training, mask held in fine-tuning",
    "deleted": "pruned in pre-training, mask lifted before fine-tuning",
    "after": "pruned after fine-tuning, then trained on",
}
"""The schedules that are read, as prose says them."""
SAME = 1e-6
"""Sparsities that differ by less are one."""


class Arm(NamedTuple):
    """How a model was pruned and trained."""

    schedule: str
    criterion: str = "magnitude"

    def at(self, sparsity: float) -> Point:
        return Point(self, sparsity)

    def __str__(self) -> str:
        return self.schedule if self.criterion == "magnitude" else f"{self.schedule}, {self.criterion}"


class Point(NamedTuple):
    """An arm at one sparsity."""

    arm: Arm
    sparsity: float

    def __str__(self) -> str:
        return f"{self.arm} at {percent(self.sparsity, 0)}"


RETRAINED = Arm("retrained")
DELETED = Arm("deleted")
AFTER = Arm("after")
RANDOM = Arm("retrained", "random")
Statistic = Callable[..., Numbers]
"""From what is measured at each of some points, a number or one a resample, to the statistic."""


def ratio(own: Numbers, whole: Numbers) -> Numbers:
    """NaN where what it is over is not above 0."""
    found: Numbers = np.divide(own, whole, out=np.full_like(own, np.nan), where=np.asarray(whole) > 0)
    return found


def difference(own: Numbers, other: Numbers) -> Numbers:
    found: Numbers = own - other
    return found


# ------------------------------------------------------------------------------------------------------- what there is


def _trained(tables: Tables, model: str) -> pd.DataFrame:
    return tables.rows("weights", model=model, schedule=tuple(ARMS))


def tasks_of(tables: Tables, model: str) -> list[str]:
    """The downstream tasks that a pruned model was trained for, in the paper's order."""
    rows = _trained(tables, model)
    asked = [task for task in dict.fromkeys(rows["task"]) if task != MASKED_LM] if len(rows) else []
    return sorted(asked, key=lambda task: PAPER_TASKS.index(task) if task in PAPER_TASKS else len(PAPER_TASKS))


def sparsities_of(tables: Tables, model: str, *arms: Arm, task: str | None = None) -> list[float]:
    """The sparsities above 0 that each of these arms has on some downstream task, or on this one; ascending."""
    rows = _trained(tables, model)
    if rows.empty:
        return []
    rows = rows[rows["task"] == task] if task else rows[rows["task"] != MASKED_LM]
    each = [
        set(rows.loc[(rows["schedule"] == arm.schedule) & (rows["criterion"] == arm.criterion), "fraction"]) for arm in arms
    ]
    return sorted(float(one) for one in set.intersection(*each) if one > SAME)


def among(there: Sequence[float], wanted: Collection[float]) -> list[float]:
    """Those of the sparsities that are wanted."""
    return [one for one in there if any(abs(one - each) < SAME for each in wanted)]


def nearest(there: Sequence[float], asked: Asked) -> float | None:
    """The sparsity to read: the one asked for, else the largest below it, else the smallest above it, within its bounds."""
    allowed = [one for one in there if asked.least - SAME <= one <= asked.most + SAME]
    below = [one for one in allowed if one <= asked.sparsity + SAME]
    return max(below) if below else min(allowed, default=None)


def read_at(sparsity: float | None, asked: Asked) -> str:
    """What is to be said of the sparsity that was read, where it is not the one asked for."""
    if sparsity is None:
        least = f"from {percent(asked.least, 0)}" if asked.least else "above 0"
        return f"no sparsity {least} to {percent(asked.most, 0)} was run in the arms that it takes"
    same = abs(sparsity - asked.sparsity) < SAME
    return "" if same else f"read at {percent(sparsity, 0)}, since the study has no {percent(asked.sparsity, 0)}"


def why_none(tables: Tables, model: str, *arms: Arm) -> str:
    """Why a claim about these arms has no data, where an arm is missing."""
    rows = _trained(tables, model)
    if rows.empty:
        return "none of its runs was pruned and trained on, and what is pruned at one shot cannot tell"
    there = {Arm(*pair) for pair in zip(rows["schedule"], rows["criterion"], strict=True)}
    absent = [f"{arm} ({ARMS[arm.schedule]})" for arm in dict.fromkeys(arms) if arm not in there]
    return f"it has no runs of {listed(absent)}" if absent else ""


# ------------------------------------------------------------------------------------------------------------- numbers


def by_seed(rows: pd.DataFrame) -> Iterator[tuple[int, pd.DataFrame]]:
    """The rows of each seed, ascending."""
    for seed in sorted({int(seed) for seed in rows["seed"]}) if len(rows) else ():
        yield seed, rows[rows["seed"] == seed]


def row_at(run: pd.DataFrame, point: Point) -> pd.Series | None:
    """A run's row at a point; none where it has none.

    Raises:
        ValueError: it has several.
    """
    arm, wanted = point.arm, np.isclose(numbers(run["fraction"]), point.sparsity, atol=SAME)
    found = run[wanted & (run["schedule"] == arm.schedule) & (run["criterion"] == arm.criterion)]
    if len(found) > 1:
        first = found.iloc[0]
        raise ValueError(f"weights: {len(found)} rows of {first['model']}, {first['task']}, seed {first['seed']}, {point}")
    return None if found.empty else found.iloc[0]


def draws_at(tables: Tables, model: str, task: str, seed: int, point: Point) -> Numbers | None:
    """The accuracy at a point on each resample of its task's examples; none where its outcomes are not known."""
    arm, sparsity = point
    return tables.resampled_accuracy((model, task, seed, arm.criterion, arm.schedule, sparsity))


def values_of_points(
    tables: Tables,
    model: str,
    task: str,
    points: Sequence[Point],
    statistic: Statistic,
    measured: Measured = "accuracy",
    whole: int | None = None,
) -> Runs:
    """A number per seed from a model's points on a task; of accuracies again on resampled examples, the same for all points.

    Args:
        points: a seed that lacks one of them is not among the runs; one that collapsed at one of them is left out.
        whole: which point the number is relative to: its accuracy must lie five standard errors above zero.
    """
    rows = tables.rows("weights", model=model, task=task)
    runs = Runs(model, task, {}, {}, sources_of(rows) if len(rows) else frozenset())
    values, left_out, draws, weak = {}, {}, {}, {}
    for seed, run in by_seed(rows):
        found = [row for point in points if (row := row_at(run, point)) is not None]
        if len(found) < len(points):
            continue
        gone = [point for point, row in zip(points, found, strict=True) if row["collapsed"]]
        value = float(statistic(*(np.asarray(row[measured], float) for row in found)))
        outcome = fate([value], collapsed=bool(gone))
        if outcome != USED:
            where = listed([str(point) for point in dict.fromkeys(gone)])
            left_out[seed] = f"{LEFT_OUT[outcome]}: {where}" if gone else LEFT_OUT[outcome]
            continue
        values[seed] = value
        each = [one for point in points if (one := draws_at(tables, model, task, seed, point)) is not None]
        if measured == "accuracy" and len(each) == len(points):
            draws[seed] = statistic(*each)
            if whole is not None and (told := weakness(float(found[whole]["accuracy"]), float(each[whole].std(ddof=1)))):
                weak[seed] = told
    return replace(runs, by_seed=values, left_out=left_out, draws=draws, weak=weak)
