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


@dataclass(frozen=True)
class TestSet:
    """Parallel test sets in the layout of ``hub``: for each language a configuration of its code, and a folder of that name.

    Args:
        trained_as: the task whose fine-tuned models answer; its columns and labels are the test sets' too.
        split: the one that is read.
        source_language: the language of ``trained_as``, by its code.
    """

    __test__ = False  # to pytest

    hub: str
    trained_as: str
    split: str = "test"
    source_language: str = "en"


TEST_SETS: Registry[TestSet] = Registry("test set in several languages", {"xnli": TestSet("facebook/xnli", "mnli")})

MASKED_LM = "mlm"

TITLES: Registry[str] = Registry(
    "title of a task", {"cola": "CoLA", "sst2": "SST-2", "qqp": "QQP", "mnli": "MNLI", "qnli": "QNLI", "mlm": "Masked LM"}
)
"""How the field writes the tasks. Apart from ``TASKS``, so that a new title trains nothing anew."""


def title(task: object) -> str:
    """How a task is written; one without a title by its name."""
    return TITLES.get(str(task), str(task))
