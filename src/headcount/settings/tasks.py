"""The config's section on tasks of one's own, and what tasks may be called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from headcount.data.metrics import METRICS, SCIKIT_LEARN
from headcount.data.task_files import TRAIN, Examples
from headcount.data.tasks import MASKED_LM, TASKS
from headcount.settings.values import Count, OneOf, Strict

Metric = Annotated[str, OneOf((*METRICS, *SCIKIT_LEARN))]
NO_TASK = frozenset({"default", MASKED_LM, "pretrained", "original", "blocks", "sparse", *TASKS})
"""What no task of one's own may be called: folders beside those of tasks, a recipe's part, and the tasks that have a name."""
TASK_KEYS = (
    ("importance", "fractions"),
    ("pruning", "validation_fractions"),
    ("divergence", "fractions"),
    ("world", "train"),
    ("world", "label_noise"),
    ("before_after", "tasks"),
    ("weights", "tasks"),
    ("languages", "tasks"),
)
"""The keys of a study's sections that name tasks."""


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class TaskData(Strict):
    """A task of your own: examples with one or two texts and one of some labels, read with `datasets`.

    CSV, TSV, JSON lines, Parquet and Arrow files, directories, and whatever the Hub has. Labels are texts or whole numbers, and
    keep their names.
    """

    source: str | dict[Literal["train", "validation"], str] = Field(
        description="A file, a directory, or a data set's name on the Hub; or a file of each split."
    )
    text: Annotated[list[str], BeforeValidator(_listed)] = Field(
        min_length=1, max_length=2, description="The column of text, or the two columns of a pair."
    )
    label: str = Field(default="label", description="The column of labels.")
    metric: Metric = Field(
        default="accuracy", description="By which predictions are scored: this project's names, or scikit-learn's."
    )
    labels: Annotated[list[str], Field(min_length=2)] | None = Field(
        default=None,
        description="The labels' names in the order of their numbers; unset: as the data name and order them.",
    )
    subset: str | None = Field(default=None, description="Configuration of the data set; of a local directory, its subfolder.")
    revision: str | None = Field(default=None, description="Commit, tag or branch on the Hub; unset: the newest.")
    train: str = Field(default="train", description="The split to train on.")
    validation: str | None = Field(
        default=None,
        description="The split to score on; unset: `validation`, and where the data have one split alone, a share of it.",
    )
    held_out: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.2, description="That share, a seeded sample that is not trained on."
    )
    max_train: Count | None = Field(
        default=None, description="At most this many training examples, a seeded sample; unset: all."
    )
    max_validation: Count | None = Field(default=None, description="At most this many validation examples, likewise.")

    @model_validator(mode="after")
    def _files_by_split(self) -> TaskData:
        if isinstance(self.source, dict) and TRAIN not in self.source:
            raise ValueError(f"source: no file of `{TRAIN}`; give one, and one of `validation` if you have it")
        return self

    @property
    def splits(self) -> dict[str, Any]:
        """How ``headcount.data.reading.both_splits`` is told to part them."""
        return self.model_dump(include={"train", "validation", "held_out", "metric"})

    def examples(self, task: str) -> Examples:
        """Where they are."""
        source = self.source if isinstance(self.source, str) else {str(split): file for split, file in self.source.items()}
        return Examples(f"datasets.{task}", source, self.text, self.label, self.labels, self.subset, self.revision)


def refuse_unknown_tasks(own: Mapping[str, TaskData], config: dict[str, Any]) -> None:
    """See that a study names no task that it does not know.

    Raises:
        ValueError: it does, or one of its own has a name that means something else.
    """
    if taken := [name for name in own if name in NO_TASK]:
        raise ValueError(f"datasets: {taken[0]!r} has a meaning already; allowed is any name but {', '.join(sorted(NO_TASK))}")
    for path, name in _tasks_named(config):
        if name not in TASKS and name not in own:
            allowed = ", ".join([*TASKS, *own])
            raise ValueError(f"{path}: {name!r} is no task; allowed: {allowed}, or one that `datasets` describes")


def _tasks_named(config: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Where a study's settings name tasks, and which."""
    yield from ((f"tasks.{number}", name) for number, name in enumerate(config["tasks"]))
    for part, key in TASK_KEYS:
        yield from ((f"{part}.{key}.{name}", name) for name in config[part][key])
    for model, encoder in config["encoders"].items():
        yield from ((f"encoders.{model}.finetuned.{task}", task) for task in encoder["finetuned"])
    for model, recipes in config["finetuning"].items():
        yield from ((f"finetuning.{model}.{task}", task) for task in recipes if task != "default")
