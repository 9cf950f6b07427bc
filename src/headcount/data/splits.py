"""The data of the downstream tasks, from the Hub or from local files in the same form: read, and checked before use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from headcount.data import columns
from headcount.data.sources import CARD, Repository, batches
from headcount.data.tasks import TASKS, Task
from headcount.errors import SourceError
from headcount.progress import log

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa


def load_split(task: str, split: str, data: Repository, subset: str | None = None) -> pd.DataFrame:
    """One split as ``idx, text, text_pair, label`` (``text_pair`` is null for single sentences), labels checked.

    Labels are numbered as the task numbers them: where a file or its card names its own, they are matched by name.

    Args:
        subset: that holds it, where it does not bear the task's name, but has its columns and labels.

    Raises:
        SourceError: the data set lacks the split, it cannot be read, a column is missing or of another type, or a label is
            none of the task's.
    """
    name = task if subset is None else subset
    needed = {column: columns.text for column in TASKS[task].columns} | {"label": columns.label}
    parts = []
    for path in files(name, split, data):
        for batch in batches(data.key, path, needed, optional={"idx": columns.unchanged}):
            labels = _label_names(batch.schema) or data.labels(name, "label")
            parts.append(_renumbered(batch.to_pandas(), labels, task, f"{data.key}.source: {path}"))
    where = f"{data.key}.source: {split} of {name} in {data.source!r}"
    if not parts:
        raise SourceError(f"{where} is empty; give data that has examples")
    return checked(pd.concat(parts, ignore_index=True), TASKS[task], where)


def both_splits(task: str, data: Repository) -> dict[str, pd.DataFrame]:
    """The examples of a task to train on and those to score on, under ``train`` and ``validation``.

    Raises:
        SourceError: as ``load_split``.
    """
    return {"train": load_split(task, "train", data), "validation": load_split(task, TASKS[task].validation, data)}


def files(task: str, split: str, data: Repository) -> list[Path]:
    """The files of a split.

    Raises:
        SourceError: as ``Repository.parquet``.
    """
    return data.parquet(task, split, _layout(task, split))


def _layout(task: str, split: str) -> str:
    return f"{task}/{split}-*.parquet"


def content(task: str, data: Repository) -> tuple[str, ...]:
    """Patterns of all files of a data set that a task's examples depend on: its card, and both splits."""
    splits = ("train", TASKS[task].validation)
    return (CARD, *(pattern for split in splits for pattern in data.patterns(task, split, _layout(task, split))))


def subset_content(subset: str, split: str, data: Repository) -> list[str]:
    """Patterns of the files of a subset's split."""
    return data.patterns(subset, split, _layout(subset, split))


def _label_names(schema: pa.Schema) -> list[str] | None:
    """What a file says of its labels' names, as ``datasets`` writes it; null if it says nothing."""
    try:
        about = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        names = about["info"]["features"]["label"]["names"]
    except (ValueError, KeyError, TypeError):
        return None
    return [str(name) for name in names] or None


def _renumbered(rows: pd.DataFrame, names: Sequence[str] | None, task: str, where: str) -> pd.DataFrame:
    """Rows whose labels are the task's numbers; what is no label of the file's stays, for ``checked`` to refuse."""
    if names and not pd.api.types.is_string_dtype(rows["label"]):
        number = columns.numbers_by_name(names, TASKS[task].labels, where)
        rows["label"] = rows["label"].replace({given: own for given, own in enumerate(number) if given != own})
    return rows


def checked(rows: pd.DataFrame, task: Task, where: str) -> pd.DataFrame:
    """Rows of a task's columns in this project's four columns; a missing text is an empty one, a label may be its name.

    Raises:
        SourceError: there is no row, a text column holds no text, a label is none of the task's, or ``idx`` does not name
            each row.
    """
    if not len(rows):
        raise SourceError(f"{where} has no row; give data that has examples")
    labels = _numbers(rows["label"].reset_index(drop=True), task.labels, where)
    index = rows["idx"] if "idx" in rows.columns else pd.Series(np.arange(len(rows)))
    if not pd.api.types.is_integer_dtype(index) or index.duplicated().any():
        raise SourceError(f"{where}: idx should be another whole number in each row; correct it, or leave it out")
    texts = [_texts(rows[name], f"{where}: column {name!r}") for name in task.columns]
    return pd.DataFrame(
        {
            "idx": np.asarray(index, np.int64),
            "text": texts[0],
            "text_pair": texts[1] if len(texts) > 1 else np.array([None] * len(rows), dtype=object),
            "label": labels,
        }
    )


def _numbers(given: pd.Series, labels: Sequence[str], where: str) -> np.ndarray:
    """The task's number of each row's label, which stands there by number or by name."""
    number: dict[object, int] = {name: i for i, name in enumerate(labels)} | {i: i for i in range(len(labels))}
    if len(outside := given.index[~given.isin(list(number))]):
        raise SourceError(
            f"{where}: row {outside[0]} has the label {given.loc[outside[0]]}, allowed are {list(range(len(labels)))}"
            f" ({', '.join(labels)}); correct it, or leave the row out"
        )
    return np.array([number[label] for label in given], np.int64)


def _texts(given: pd.Series, where: str) -> np.ndarray:
    """A column's texts; the empty text where there is none."""
    import pyarrow as pa

    try:
        found = columns.text(pa.array(given, from_pandas=True), where)
    except pa.ArrowException as error:
        raise SourceError(f"{where} holds values of several types ({error}); give texts alone") from None
    texts = found.fill_null("").to_pylist()
    if not any(map(str.strip, texts)):
        raise SourceError(f"{where} holds no text in any row; give data that has some")
    if found.null_count:
        log.warning(f"{where} is missing in {found.null_count} of {len(texts)} rows: read as empty")
    return np.array(texts, dtype=object)
