"""Points that several curves share, and are asked about once: the whole model, what is left without any unit, equal sets."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from headcount.order.curve import Place, units_in
from headcount.order.outcomes import OUTCOME, Answer, light, point_name
from headcount.progress import log
from headcount.store.hardware import on_such_a_machine
from headcount.store.tables import read_table, read_table_metadata

Point = TypeVar("Point", bound=Hashable)
Known = dict[frozenset[Place], Answer]
"""What was answered, by the set of units that were gone."""


def asked_once(ask: Callable[[], Answer], point: Callable[[], Point], known: dict[Point, Answer]) -> Callable[[], Answer]:
    """``ask``, but not where ``known`` has the answer at this ``point``; what is asked is known from then on."""

    def answer() -> Answer:
        here = point()
        if here not in known:
            known[here] = light(ask())
        return known[here]

    return answer


def answered_before(
    metrics: Sequence[Path], whole: Sequence[Path], first: Sequence[Path], unit: str, examples: pd.DataFrame
) -> Known:
    """What was answered on such a machine as this one, about the same examples.

    Args:
        metrics, whole: of a model that was scored: its metrics, and each example's outcome; none of another.
        first: the tables of the run's first curve (curve, order, outcomes); none for that curve itself.
        unit, examples: as ``on_curve`` takes them.
    """
    found: Known = {}
    for told, outcomes in zip((json.loads(path.read_text()) for path in metrics), whole, strict=True):
        if on_such_a_machine(told):
            found |= whole_model(told["score"], told["loss"], read_table(outcomes), examples)
    if first and on_such_a_machine(read_table_metadata(first[0])):
        curve, order, outcomes_there = map(read_table, first)
        found |= on_curve(curve, order, outcomes_there, unit, examples)
    log.info("%d points are known", len(found))
    return found


def whole_model(score: float, loss: float, outcomes: pd.DataFrame, examples: pd.DataFrame) -> Known:
    """What a whole model answered; nothing where it was asked about other examples.

    Args:
        outcomes: each example's outcome, with the example's name, in the order in which they were asked.
        examples: those that are asked about now: a row each, its name in ``example``.
    """
    if not _same(outcomes, examples):
        return {}
    return {frozenset(): Answer(score, loss, _outcomes(outcomes, 0))}


def on_curve(curve: pd.DataFrame, order: pd.DataFrame, outcomes: pd.DataFrame, unit: str, examples: pd.DataFrame) -> Known:
    """What was answered at the points of another curve of the same model; nothing where that is about other examples.

    Args:
        curve, order, outcomes: its tables.
        unit: what is removed now; of a curve of another unit, only the whole model is of use.
        examples: as ``whole_model`` takes them.
    """
    if not _same(outcomes, examples):
        return {}
    gone = units_in(order)
    points = curve if (curve["unit"] == unit).all() else curve[curve["removed"] == 0]
    return {
        frozenset(gone[:removed]): Answer(score, loss, _outcomes(outcomes, removed))
        for removed, (score, loss) in scores_of(points).items()
    }


def scores_of(curve: pd.DataFrame) -> dict[int, tuple[float, float]]:
    """Score and loss at each point of a curve's table, by how many units were gone."""
    return {
        int(removed): (float(score), float(loss))
        for removed, score, loss in curve[["removed", "score", "loss"]].astype("float64").itertuples(index=False, name=None)
    }


def _same(outcomes: pd.DataFrame, examples: pd.DataFrame) -> bool:
    return outcomes["example"].tolist() == examples["example"].tolist()


def _outcomes(outcomes: pd.DataFrame, removed: int) -> np.ndarray:
    found: np.ndarray = outcomes[point_name(removed)].to_numpy(OUTCOME)
    return found
