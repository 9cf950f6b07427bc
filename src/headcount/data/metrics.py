"""GLUE's metrics."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float64, Int64

from headcount.registry import Registry

Labels = Int64[np.ndarray, " n"]
Metric = Callable[[Labels, Labels], float]
Counts = Float64[np.ndarray, "*cases labels predictions"]
"""How many examples have each label and prediction, in each of several cases."""
Scores = Float64[np.ndarray, "*cases"]

TITLES = {
    "matthews_correlation": "Matthews correlation",
    "accuracy": "accuracy",
    "accuracy_and_f1": "mean of accuracy and F1",
    "recall_at_1": "Recall@1",
}
"""How the field writes the metrics. No registry: which metrics a job meets, only its tables say."""


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
