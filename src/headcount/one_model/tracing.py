"""What a model answers while its heads go, and the model without some of them. The model itself is copied, never changed."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from headcount.analysis.required import Crossing, largest_removed
from headcount.one_model.bars import bar
from headcount.one_model.importance import BUDGET
from headcount.order.curve import InOrder, one_shot, table, trace
from headcount.order.points import points, relative
from headcount.units.heads import Heads

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from headcount.networks.examples import LabelledExamples
    from headcount.order.outcomes import Answer
    from headcount.order.ranking import Head

STEP = 0.05
FEW = 24
"""A model with at most so many heads is asked after each; another at every ``STEP``, and after each where it counts."""


def trace_curve(
    whole: PreTrainedModel,
    order: Sequence[Head],
    examples: LabelledExamples,
    answer: Answer,
    levels: Sequence[float],
    crossing: Crossing,
) -> tuple[list[int], list[Answer]]:
    """What is answered with 0 … all heads removed: at every ``STEP``, and head by head where a level is crossed."""
    coarse = points(len(order), STEP, FEW)
    answers = {0: answer, **_traced(whole, order, coarse[1:], examples, "heads removed, in steps")}
    scores = relative([answers[count].score for count in coarse])
    fine: set[int] = set()
    for level in levels:
        last = largest_removed(coarse, scores, level, crossing) or 0
        following = next((count for count in coarse if count > last), last)
        fine |= set(range(last + 1, following))
    if fine:
        answers |= _traced(whole, order, sorted(fine), examples, "heads removed, one by one")
    removed = sorted(answers)
    return removed, [answers[count] for count in removed]


def _traced(
    whole: PreTrainedModel, order: Sequence[Head], removed: Sequence[int], examples: LabelledExamples, what: str
) -> dict[int, Answer]:
    shrinking = copy.deepcopy(whole)
    with bar(what, len(removed)) as step:

        def ask() -> Answer:
            answer = examples.answer(shrinking, BUDGET)
            step()
            return answer

        answers = trace(InOrder(Heads(shrinking), one_shot(order)), removed, ask)
    return dict(zip(removed, answers, strict=True))


def without(whole: PreTrainedModel, gone: Sequence[Head]) -> tuple[PreTrainedModel, list[list[int]]]:
    """A copy without some heads, in eval mode, and the numbers of those that each set of attention weights has left."""
    pruned = copy.deepcopy(whole)
    units = Heads(pruned)
    units.remove(gone)
    return pruned.eval(), units.kept


def curve_table(
    removed: Sequence[int], answers: Sequence[Answer], model: str, metric: str, norm: str, seed: int
) -> pd.DataFrame:
    keys: dict[str, Any] = {"study": "", "model": model, "task": "", "seed": seed, "unit": "head"}
    keys |= {"criterion": "gate_gradient", "norm": norm, "schedule": "one_shot", "metric": metric}
    told = table(removed, answers, keys)
    return told[["removed", "removed_fraction", "metric", "score", "relative_score", "loss"]]
