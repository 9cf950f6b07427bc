"""The downstream tasks: GLUE's columns, labels, splits and metrics."""

from __future__ import annotations

from dataclasses import dataclass

from headcount.data.metrics import Metric, accuracy, accuracy_and_f1, matthews
from headcount.registry import Registry


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
        "qnli": Task(("question", "sentence"), ("entailment", "not_entailment"), "accuracy", accuracy),
    },
)

MASKED_LM = "mlm"

TITLES: Registry[str] = Registry(
    "title of a task", {"cola": "CoLA", "sst2": "SST-2", "qqp": "QQP", "mnli": "MNLI", "qnli": "QNLI", "mlm": "Masked LM"}
)
"""How the field writes the tasks. Apart from ``TASKS``, so that a new title trains nothing anew."""


def title(task: object) -> str:
    """How a task is written; one without a title by its name."""
    return TITLES.get(str(task), str(task))
