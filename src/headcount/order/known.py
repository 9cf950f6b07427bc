"""Points that several curves share, and are asked about once: the whole model, what is left without any unit, equal sets."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

import numpy as np
import pandas as pd

from headcount.order.curve import Place, units_in
from headcount.order.outcomes import OUTCOME, Answer, light, point_name

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
