"""What a task's answers are scored by: GLUE's metrics, and scikit-learn's by its own names for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from headcount.registry import Registry

Labels = Int64[np.ndarray, " n"]
Metric = Callable[[Labels, Labels], float]
Counts = Float64[np.ndarray, "*cases labels predictions"]
"""How many examples have each label and prediction, in each of several cases."""
Scores = Float64[np.ndarray, "*cases"]

RECALL_AT_1 = "recall_at_1"
"""Masked LM's: hits over masked tokens."""
TITLES = {
    "matthews_correlation": "Matthews correlation",
    "accuracy": "accuracy",
    "accuracy_and_f1": "mean of accuracy and F1",
    RECALL_AT_1: "Recall@1",
}
"""How the field writes the metrics. No registry: which metrics a job meets, only its tables say."""


SCIKIT_LEARN = (
    "balanced_accuracy",
    "f1",
    "f1_macro",
    "f1_micro",
    "f1_weighted",
    "jaccard",
    "jaccard_macro",
    "matthews_corrcoef",
    "precision",
    "precision_macro",
    "recall",
    "recall_macro",
)
"""scikit-learn's names of scorers that need an example's label and the predicted one alone, more being better."""
OF_TWO_CLASSES = ("matthews_correlation", "accuracy_and_f1", "f1", "jaccard", "precision", "recall")
"""Metrics that are about the second of two classes, and of no other number."""


def title(metric: str) -> str:
    """How a metric is written; one without a title by its name."""
    return TITLES.get(metric, metric.replace("_", " "))


def accuracy(labels: Labels, predictions: Labels) -> float:
    """Share of examples predicted right."""
    return float(np.mean(labels == predictions))


def f1(labels: Labels, predictions: Labels) -> float:
    """F1 of class 1; 0 where it is neither present nor predicted."""
    hits = int(np.sum((labels == 1) & (predictions == 1)))
    present, predicted = int(np.sum(labels == 1)), int(np.sum(predictions == 1))
    return 2 * hits / (present + predicted) if present + predicted else 0.0


def accuracy_and_f1(labels: Labels, predictions: Labels) -> float:
    """The mean of accuracy and F1, GLUE's score for QQP."""
    return (accuracy(labels, predictions) + f1(labels, predictions)) / 2


def matthews(labels: Labels, predictions: Labels) -> float:
    """Matthews correlation of two classes; 0 where either side has one class only."""
    if len(set(labels.tolist())) < 2 or len(set(predictions.tolist())) < 2:
        return 0.0
    return float(np.corrcoef(labels, predictions)[0, 1])


METRICS: Registry[Metric] = Registry(
    "metric", {"matthews_correlation": matthews, "accuracy": accuracy, "accuracy_and_f1": accuracy_and_f1}
)
"""This project's own; scikit-learn's stand beside them, in ``metric``."""


def metric(name: str) -> Metric:
    """A metric by its name: a key of ``METRICS``, or one of ``SCIKIT_LEARN``.

    Raises:
        UnknownName: it is neither.
    """
    return METRICS[name] if name in METRICS or name not in SCIKIT_LEARN else _scikit_learn(name)


@cache
def _scikit_learn(name: str) -> Callable[..., float]:
    from sklearn.metrics import get_scorer

    scorer: Any = get_scorer(name)
    averaged = {"zero_division": 0.0} if name.partition("_")[0] in ("f1", "jaccard", "precision", "recall") else {}
    told = {**scorer._kwargs, **averaged}

    def found(labels: Labels, predictions: Labels, sample_weight: Float64[np.ndarray, " n"] | None = None) -> float:
        return float(scorer._score_func(labels, predictions, sample_weight=sample_weight, **told))

    return found


# ------------------------------------------------------------------- the same metrics of many resamples at once, from counts


def _accuracy_of(counts: Counts) -> Scores:
    found: Scores = np.trace(counts, axis1=-2, axis2=-1) / counts.sum((-2, -1))
    return found


def _accuracy_and_f1_of(counts: Counts) -> Scores:
    hits, present, predicted = counts[..., 1, 1], counts[..., 1, :].sum(-1), counts[..., :, 1].sum(-1)
    of_class = np.divide(2 * hits, present + predicted, out=np.zeros_like(hits), where=present + predicted > 0)
    found: Scores = (_accuracy_of(counts) + of_class) / 2
    return found


def _matthews_of(counts: Counts) -> Scores:
    product = counts[..., 1, 1] * counts[..., 0, 0] - counts[..., 1, 0] * counts[..., 0, 1]
    size = np.sqrt(counts.sum(-1).prod(-1) * counts.sum(-2).prod(-1))
    found: Scores = np.divide(product, size, out=np.zeros_like(product), where=size > 0)
    return found


OF_COUNTS: Registry[Callable[[Counts], Scores]] = Registry(
    "metric", {"matthews_correlation": _matthews_of, "accuracy": _accuracy_of, "accuracy_and_f1": _accuracy_and_f1_of}
)
"""Each metric of a downstream task as a function of counts: equal to the one above, and quick for thousands of resamples."""


def of_counts(name: str) -> Callable[[Counts], Scores]:
    """``metric`` as a function of counts.

    Raises:
        UnknownName: as ``metric``.
    """
    if name in OF_COUNTS or name not in SCIKIT_LEARN:
        return OF_COUNTS[name]
    score = _scikit_learn(name)

    def found(counts: Counts) -> Scores:
        classes = counts.shape[-1]
        labels, predictions = np.divmod(np.arange(classes**2), classes)
        cases = counts.reshape(-1, classes**2)
        each, place = np.unique(cases, axis=0, return_inverse=True)
        scores = [score(labels[case > 0], predictions[case > 0], case[case > 0]) for case in each]
        return np.array(scores)[place.ravel()].reshape(counts.shape[:-2])

    return found
