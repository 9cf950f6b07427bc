"""The downstream tasks: GLUE's columns, labels, splits and metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from headcount.registry import Registry

Labels = Int64[np.ndarray, " n"]
Metric = Callable[[Labels, Labels], float]


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


@dataclass(frozen=True)
class Task:
    """One task: its columns and labels as the Hub's ``nyu-mll/glue`` has them, and GLUE's metric on its validation set."""

    columns: tuple[str, ...]
    labels: tuple[str, ...]
    metric_name: str
    metric: Metric
    validation: str = "validation"
    other_validation: str | None = None


TASKS: Registry[Task] = Registry(
    "task",
    {
        "cola": Task(("sentence",), ("unacceptable", "acceptable"), "matthews_correlation", matthews),
        "sst2": Task(("sentence",), ("negative", "positive"), "accuracy", accuracy),
        "qqp": Task(("question1", "question2"), ("not_duplicate", "duplicate"), "accuracy_and_f1", accuracy_and_f1),
        "mnli": Task(
            ("premise", "hypothesis"),
            ("entailment", "neutral", "contradiction"),
            "accuracy",
            accuracy,
            validation="validation_matched",
            other_validation="validation_mismatched",
        ),
    },
)

MASKED_LM = "mlm"


def majority_score(task: str, train_labels: Labels, validation_labels: Labels) -> float:
    """The score of always answering the training set's most frequent class."""
    answer = np.bincount(train_labels).argmax()
    return TASKS[task].metric(validation_labels, np.full_like(validation_labels, answer))
