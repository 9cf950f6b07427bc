"""GLUE's metrics."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Int64

Labels = Int64[np.ndarray, " n"]
Metric = Callable[[Labels, Labels], float]

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
