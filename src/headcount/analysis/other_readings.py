"""What other readings of the paper would change, measured on one model at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Float64

from headcount.analysis.agreement import spearman
from headcount.analysis.required import CROSSINGS, Crossing, prunable_share
from headcount.order.curve import InOrder, Place, Removable, one_shot, trace
from headcount.order.known import Known, asked_once
from headcount.order.norms import normalize
from headcount.order.points import points, relative
from headcount.order.ranking import order
from headcount.order.schedules import iterative

if TYPE_CHECKING:
    from headcount.order.outcomes import Answer
    from headcount.units.heads import Heads

CHOSEN = "per_example"
OTHERS = {
    "per_token": "absolute-value",
    "per_batch": "absolute-value",
    "running_sum": "absolute-value",
    "per_example_normalized": "examples-weight",
}
"""The other estimators, by their names in ``headcount.criteria.estimators.ESTIMATORS``, each with the reading it belongs to."""


@dataclass(frozen=True)
class Subject:
    """A model that can be had whole again and again, and what is asked about its heads.

    Args:
        whole: the model with all its heads.
        estimate: importance of the heads that are left by the estimator of a name, one row per set of heads.
        answer: of what is left.
        norm: of Eq. 4; step, every_unit_up_to: as ``headcount.order.points.points`` takes them.
        known: what was answered in any order, so that no set of heads is asked about twice.
    """

    whole: Callable[[], Heads]
    estimate: Callable[[Heads, str], Sequence[Float64[np.ndarray, " heads"]]]
    answer: Callable[[Heads], Answer]
    norm: str
    step: float
    every_unit_up_to: int
    known: Known = field(default_factory=dict)

    def importance(self, estimator: str) -> Float64[np.ndarray, "rows heads"]:
        """The normalised importance of all heads."""
        return normalize(np.stack(self.estimate(self.whole(), estimator)), self.norm)

    def curve(self, ranked: Sequence[Place] | None) -> tuple[list[int], list[float | None]]:
        """Heads removed and relative score at each point; without a ranking, it is estimated again after each step."""
        heads = self.whole()
        removed = points(len(heads.left), self.step, self.every_unit_up_to)
        following: Callable[[Removable, int], Sequence[Place]]
        following = one_shot(ranked) if ranked is not None else iterative(lambda: self.estimate(heads, CHOSEN), self.norm)
        shrinking = InOrder(heads, following)
        once = asked_once(lambda: self.answer(heads), lambda: frozenset(shrinking.gone), self.known)
        answers = trace(shrinking, removed, once)
        return removed, relative([answer.score for answer in answers])


def compare(subject: Subject, level: float) -> pd.DataFrame:
    """What each alternative changes.

    Returns:
        A row per alternative: ``reading`` (an id of ``headcount.report.readings``; ``chosen`` for those chosen here),
        ``alternative``, ``spearman`` with the chosen importance (null where the alternative leaves it alone), ``prunable``
        (share of the heads that can go before the relative score is below ``level``; null where undefined).
    """
    chosen = subject.importance(CHOSEN)
    whole_curve = subject.curve(order(chosen))
    rows: list[tuple[str, str, float | None, float | None]] = [("chosen", CHOSEN, None, _prunable(whole_curve, level))]
    rows += [("crossing", crossing, None, _prunable(whole_curve, level, crossing)) for crossing in CROSSINGS[1:]]
    for name, reading in OTHERS.items():
        other = subject.importance(name)
        rows.append((reading, name, spearman(chosen, other), _prunable(subject.curve(order(other)), level)))
    rows.append(("schedule", "iterative", None, _prunable(subject.curve(None), level)))
    return pd.DataFrame(rows, columns=["reading", "alternative", "spearman", "prunable"])


def _prunable(curve: tuple[list[int], list[float | None]], level: float, crossing: Crossing = "first_crossing") -> float | None:
    removed, relative_scores = curve
    if relative_scores[0] is None:
        return None
    fractions, scores = np.array(removed) / removed[-1], np.array(relative_scores, np.float64)
    return float(prunable_share(fractions, scores, level, crossing))
