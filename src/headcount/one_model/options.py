"""The options that several commands have, and what they ask for together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from headcount.one_model.asking import Question
    from headcount.one_model.data import Stored
    from headcount.one_model.loading import Model

Source = Annotated[str, typer.Argument(metavar="MODEL", help="A directory that save_pretrained wrote, or a name on the Hub.")]
Data = Annotated[
    str | None,
    typer.Option("--data", metavar="FILE", help="Examples that did *not* train it: CSV, JSON lines, Parquet, a Hub name."),
]
Train = Annotated[
    str | None,
    typer.Option("--train", metavar="FILE", help="Rank the heads on these, so that all of --data chooses and measures."),
]
TextColumns = Annotated[
    list[str] | None, typer.Option("--text", metavar="COLUMN", help="Column of the texts (text); give it twice for pairs.")
]
Label = Annotated[
    str | None, typer.Option("--label", metavar="COLUMN", help="Column of the labels (label): names, or the model's numbers.")
]
Subset = Annotated[str | None, typer.Option("--subset", help="Of a data set that has several configurations.")]
Split = Annotated[str | None, typer.Option("--split", help="Of a data set that has several splits.")]
Task = Annotated[str | None, typer.Option("--task", help="Instead of --data: cola, sst2, qqp, mnli, qnli, from GLUE.")]
TaskSource = Annotated[
    str | None, typer.Option("--source", metavar="DIR", help="Where --task is read from, if not from GLUE on the Hub.")
]
Labels = Annotated[
    str | None, typer.Option("--labels", metavar="A,B,…", help="What the outputs mean, where the config.json does not say.")
]
Metric = Annotated[
    str | None,
    typer.Option("--metric", help="accuracy, matthews_correlation, accuracy_and_f1, or scikit-learn's: f1_macro, …"),
]
Norm = Annotated[str, typer.Option("--norm", help="What a layer's importances are divided by: l1, l2, none.")]
Crossing = Annotated[
    str, typer.Option("--crossing", help="Where a wiggling curve falls below the score: first_crossing or last_crossing.")
]
AtMost = Annotated[int, typer.Option("--at-most", min=50, help="Examples for each of ranking, choosing and measuring.")]
MaxLength = Annotated[int | None, typer.Option("--max-length", help="Texts are cut to this many tokens; else to 512.")]
Seed = Annotated[int, typer.Option("--seed", help="Of how the examples are divided.")]
Device = Annotated[str | None, typer.Option("--device", help="cpu or cuda; a card if there is one.")]
Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON, and nothing else on standard output.")]
Force = Annotated[bool, typer.Option("--force", help="Replace a model that stands there.")]


def question(
    data: str | None, train: str | None, text: list[str] | None, label: str | None, task: str | None, **more: Any
) -> Question:
    """What ``--data`` or ``--task`` ask, with the options that go with either.

    Raises:
        ValueError: there is neither, or both; or an option that goes with the other.
    """
    from headcount.one_model.asking import Question
    from headcount.one_model.data import Stored

    source, metric = more.pop("source"), more.pop("metric")
    stored: dict[str, Any] = {"subset": more.pop("subset"), "split": more.pop("split")}
    if (data is None) == (task is None):
        raise ValueError("give either --data (your own examples) or --task (a GLUE task)")
    if data is not None:
        if source is not None:
            raise ValueError("--source goes with --task; --data names its source itself")
        where, columns = Stored(data, **stored), tuple(text) if text else None
        return Question(where, train and Stored(train), columns, label, metric or "accuracy", **more)
    if given := [f"--{name}" for name, value in {"text": text, "label": label, "train": train, **stored}.items() if value]:
        raise ValueError(f"{given[0]} goes with --data; a task has its own columns and splits")
    return _of_task(str(task), source, metric, more)


def _of_task(name: str, source: str | None, metric: str | None, more: dict[str, Any]) -> Question:
    from headcount.data.tasks import TASKS, title
    from headcount.one_model.asking import Question
    from headcount.one_model.data import Stored
    from headcount.settings.sections import Sections

    task = TASKS[name]
    where = source or Sections.model_fields["glue"].default.source
    ranking, rest = (Stored(where, name, split, labels=task.labels) for split in ("train", task.validation))
    return Question(rest, ranking, task.columns, "label", metric or task.metric_name, title(name), **more)


def model(source: str, labels: str | None, max_length: int | None, device: str | None, asked: Question) -> Model:
    """The classifier; outputs without a name get those of the task, where one is named."""
    from headcount.one_model.loading import load

    names = [name.strip() for name in labels.split(",")] if labels else None
    found = load(source, labels=names, max_length=max_length, device=device)
    stored: Stored = asked.data
    if not found.named and stored.labels is not None and len(stored.labels) == len(found.labels):
        return replace(found, labels=stored.labels, named=True)
    return found
