"""Whether a model has learnt its task: better than the best constant answer, beyond what its evaluation examples can blur."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from headcount.data.metrics import Labels
from headcount.data.tasks import Classification

LEVEL = 0.05
"""Of the one-sided test."""


class Learnt(NamedTuple):
    """A model's score, its standard error over the examples, the best constant answer's score, and whether it is above that."""

    score: float
    standard_error: float
    constant_score: float
    learnt: bool


def learnt(task: Classification, labels: Labels, predictions: Labels) -> Learnt:
    """Hold a model's predictions against the best constant answer under the task's own metric.

    The standard errors, of the score and of its difference to the constant's on the same examples, are the jackknife's.

    Args:
        labels: the right classes; predictions: the model's.
    """
    from scipy.stats import norm

    constants = [np.full_like(labels, answer) for answer in range(len(task.labels))]
    best = max(constants, key=lambda answer: task.metric(labels, answer))

    def above(labels: Labels, predictions: Labels) -> float:
        return task.metric(labels, predictions) - task.metric(labels, best[: len(labels)])

    score, difference = task.metric(labels, predictions), above(labels, predictions)
    bar = float(norm.isf(LEVEL)) * jackknife(above, labels, predictions)
    error = jackknife(task.metric, labels, predictions)
    return Learnt(score, error, score - difference, difference > max(bar, 0.0))


def jackknife(statistic: Callable[[Labels, Labels], float], labels: Labels, predictions: Labels) -> float:
    """The standard error of a statistic of labels and predictions, each example left out in turn.

    Examples with the same label and prediction leave the same rest, so that one of each kind is left out.
    """
    size = len(labels)
    _, first, counts = np.unique(np.stack([labels, predictions]), axis=1, return_index=True, return_counts=True)
    without = np.array([statistic(np.delete(labels, one), np.delete(predictions, one)) for one in first])
    mean = float(counts @ without) / size
    return float(np.sqrt((size - 1) / size * (counts @ (without - mean) ** 2)))
