"""The smaller model: as few heads as keep a share of the score, chosen on some examples and measured on others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from headcount.analysis.learnt import jackknife, learnt
from headcount.analysis.required import ROUNDING, Crossing, largest_removed
from headcount.data.metrics import title
from headcount.data.tasks import Classification, unfit
from headcount.one_model import data as given
from headcount.one_model import dividing
from headcount.one_model.importance import AT_MOST, BUDGET, Importance, asked
from headcount.one_model.loading import Model, at_rest
from headcount.one_model.smaller import Measured, Smaller
from headcount.one_model.tracing import curve_table, trace_curve, without
from headcount.order.points import relative

if TYPE_CHECKING:
    from headcount.networks.examples import LabelledExamples
    from headcount.order.outcomes import Answer

LEVELS = (0.99, 0.95, 0.9)
QUANTILE = 1.96
"""Of the normal distribution: the interval within which 95 % lie."""
NONE_OF = 3.0
"""What none of n examples shows happens to fewer than this over n, with the same confidence."""


@dataclass(frozen=True, eq=False)
class Halves:
    """Examples that choose a number of heads, and others that measure what the choice comes to."""

    task: Classification
    choosing: LabelledExamples
    measuring: LabelledExamples


def prune(
    model: Model,
    importance: Importance,
    keep: float = 0.95,
    data: given.Data = None,
    *,
    metric: str = "accuracy",
    text: str | Sequence[str] | None = None,
    label: str | None = None,
    at_most: int = AT_MOST,
    seed: int = 0,
    crossing: Crossing = "first_crossing",
) -> Smaller:
    """A new model with as few heads as keep the share ``keep`` of the score; ``model`` stays as it is.

    Heads go in the order of ``importance``. How many go is chosen on one half of ``data``: as many as can while the score never
    falls below ``keep`` times the whole model's. What the smaller model is worth is measured on the other half, which has
    decided nothing. Examples that the heads were ranked on are left out of both.

    Args:
        keep: above 0, and 1 at most.
        data: as of ``importance``, but other examples.
        metric: how answers are scored: ``accuracy``, ``matthews_correlation``, ``accuracy_and_f1``, or scikit-learn's name.
        at_most: so many examples are taken for each of the two halves.
        seed: of how the examples are divided.
        crossing: of a curve that wiggles around the share, where it first falls below counts, or where it last does
            (``last_crossing``: more heads go).

    Raises:
        ValueError: the importance is another model's; there are too few examples, or none besides those that ranked the heads;
            the model is no better than the best constant answer, or the share that is to be kept is not.
    """
    told: Any = {"text": text, "label": label, "at_most": at_most, "seed": seed, "crossing": crossing}
    return heads(model, importance, (keep,), data, metric=metric, **told)[0]


def heads(
    model: Model,
    importance: Importance,
    keep: Sequence[float] = LEVELS,
    data: given.Data = None,
    *,
    metric: str = "accuracy",
    text: str | Sequence[str] | None = None,
    label: str | None = None,
    at_most: int = AT_MOST,
    seed: int = 0,
    crossing: Crossing = "first_crossing",
    strict: bool = True,
) -> list[Smaller]:
    """``prune`` at several shares of the score, for little more than the price of one: all are read off one curve.

    Args:
        keep: the shares.
        strict: refuse a share of the score that the best constant answer reaches too; otherwise the answer says so.

    Raises:
        ValueError: as ``prune``.
    """
    check_shares(keep)
    if importance.values.shape != model.shape:
        raise ValueError(
            f"importance: of {importance.values.shape} heads; {model.name} has {model.shape}: give this model's own"
        )
    if data is None:
        raise ValueError("data: missing; give examples that importance was not estimated on, such as a part of hc.split(…)")
    task = Classification(model.labels, metric)
    if (fault := unfit(metric, model.labels)) is not None:
        raise ValueError(f"metric: {fault}")
    halves = _halves(model, importance, data, task, text, label, at_most, seed)
    with at_rest(model.model):
        whole = halves.choosing.answer(model.model, BUDGET)
        constant = _check_learnt(task, halves.choosing, whole, model.name)
        for level in keep:
            if strict and level * whole.score <= constant + ROUNDING:
                raise ValueError(
                    f"keep: {level} of a score of {whole.score:.3f} is {level * whole.score:.3f}; one constant answer scores"
                    f" {constant:.3f} by itself. Keep more, or take a metric that gives nothing for it: matthews_correlation,"
                    " balanced_accuracy, f1_macro"
                )
        removed, answers = trace_curve(model.model, importance.order, halves.choosing, whole, keep, crossing)
        before = halves.measuring.answer(model.model, BUDGET)
        curve = curve_table(removed, answers, model.name, metric, importance.norm, seed)
        found = []
        for level in keep:
            gone = largest_removed(removed, relative([answer.score for answer in answers]), level, crossing)
            assert gone is not None, "the whole model's score is above the constant answer's, and above 0"
            pruned, kept = without(model.model, importance.order[:gone])
            after = halves.measuring.answer(pruned, BUDGET)
            labels = halves.measuring.labels
            found.append(
                Smaller(
                    model=pruned,
                    tokenizer=model.tokenizer,
                    kept=kept,
                    keep=level,
                    task=task,
                    chosen=Measured(len(whole.outcomes), whole.score, answers[removed.index(gone)].score, constant),
                    measured=_measured(task, labels, before, after),
                    importance=importance,
                    curve=curve,
                    whole=model,
                    questions=halves.measuring,
                    data=str(data) if isinstance(data, (str, Path)) else None,
                )
            )
    return found


def check_shares(keep: Sequence[float]) -> None:
    """See that these are shares of a score.

    Raises:
        ValueError: one is not, or there is none.
    """
    if not keep or not all(0 < level <= 1 for level in keep):
        raise ValueError(f"keep: {', '.join(f'{level:g}' for level in keep)}; allowed are shares, above 0 and 1 at most")


def _halves(
    model: Model,
    importance: Importance,
    data: given.Data,
    task: Classification,
    text: str | Sequence[str] | None,
    label: str | None,
    at_most: int,
    seed: int,
) -> Halves:
    rows = dividing.without(given.examples(data, model, text, label), importance.seen, "data")
    if not len(rows):
        raise ValueError("data: the heads were ranked on these very examples; give others, such as another part of hc.split(…)")
    choosing, measuring = dividing.divided(dividing.sampled(rows, 2 * at_most, seed), (0.5, 0.5), seed)
    for part, what in ((choosing, "the half of data that chooses"), (measuring, "the half of data that measures")):
        dividing.check_enough(part, what)
    return Halves(task, asked(model, choosing, task.metric_name), asked(model, measuring, task.metric_name))


def _check_learnt(task: Classification, examples: LabelledExamples, answer: Answer, name: str) -> float:
    """See that the model is better than the best constant answer, and return what that scores."""
    found = learnt(task, examples.labels, answer.outcomes)
    if not found.learnt:
        raise ValueError(
            f"{name}: its {title(task.metric_name)} on {len(examples.labels)} examples is {found.score:.3f}, no better than one"
            f" constant answer's {found.constant_score:.3f}: it has not learnt this, or its labels stand in another order"
            f" than {', '.join(task.labels)}"
        )
    return found.constant_score


def _measured(task: Classification, labels: np.ndarray, before: Answer, after: Answer) -> Measured:
    """Both scores on the same examples, and the interval of the share that is left of the first."""
    share: float | None = None
    interval: tuple[float, float] | None = None
    if before.score > 0:
        count = len(task.labels)

        def ratio(labels: np.ndarray, both: np.ndarray) -> float:
            first, second = both // count, both % count
            whole = task.metric(labels, first)
            return task.metric(labels, second) / whole if whole > 0 else 1.0

        both = before.outcomes.astype(np.int64) * count + after.outcomes
        share = ratio(labels, both)
        half = QUANTILE * jackknife(ratio, labels, both)
        if (before.outcomes == after.outcomes).all():
            half = NONE_OF / len(labels)  # the jackknife says 0, and 0 cannot be known
        interval = (share - half, share + half)
    return Measured(len(labels), before.score, after.score, share=share, interval=interval)
