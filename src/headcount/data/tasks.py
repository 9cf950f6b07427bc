"""What downstream tasks ask: the table of those with a name, GLUE's, and what is known of any once it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headcount.data.metrics import OF_TWO_CLASSES, SCIKIT_LEARN, Metric, metric
from headcount.errors import SourceError
from headcount.registry import Registry


@dataclass(frozen=True)
class Classification:
    """Examples that each have one of some labels.

    Args:
        labels: their names, in the order of their numbers.
        metric_name: by which predictions are scored (``headcount.data.metrics.metric``).
    """

    labels: tuple[str, ...]
    metric_name: str

    @property
    def metric(self) -> Metric:
        """The function of that name."""
        return metric(self.metric_name)

    @property
    def record(self) -> dict[str, Any]:
        """What a table of such examples keeps beside its rows; ``of_table`` reads it."""
        return {"labels": list(self.labels), "metric": self.metric_name}


@dataclass(frozen=True)
class Task(Classification):
    """One task: its columns and labels as the Hub's ``nyu-mll/glue`` has them, and GLUE's metric on its validation set."""

    columns: tuple[str, ...]
    validation: str = "validation"
    other_validation: str | None = None


TASKS: Registry[Task] = Registry(
    "task",
    {
        "cola": Task(("unacceptable", "acceptable"), "matthews_correlation", ("sentence",)),
        "sst2": Task(("negative", "positive"), "accuracy", ("sentence",)),
        "qqp": Task(("not_duplicate", "duplicate"), "accuracy_and_f1", ("question1", "question2")),
        "mnli": Task(
            ("entailment", "neutral", "contradiction"),
            "accuracy",
            ("premise", "hypothesis"),
            validation="validation_matched",
            other_validation="validation_mismatched",
        ),
        "qnli": Task(("entailment", "not_entailment"), "accuracy", ("question", "sentence")),
    },
)


def of_table(path: Path) -> Classification:
    """What the examples of a task's table ask, as it was written beside them.

    Raises:
        SourceError: nothing was.
    """
    from headcount.store.tables import read_table_metadata

    known = read_table_metadata(path)
    if "labels" not in known:
        raise SourceError(f"{path} does not say which labels its examples have; make it again")
    return Classification(tuple(known["labels"]), known["metric"])


def unfit(metric: str, labels: Sequence[str]) -> str | None:
    """Why a metric cannot score examples with these labels; nothing where it can."""
    if len(labels) < 2:
        return f"all examples have the label {', '.join(labels)}; there should be at least two labels"
    if metric in OF_TWO_CLASSES and len(labels) > 2:
        others = ["accuracy", *(other for other in SCIKIT_LEARN if other not in OF_TWO_CLASSES)]
        return f"{metric!r} is of two classes, there are {len(labels)}; allowed: {', '.join(others)}"
    return None


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
