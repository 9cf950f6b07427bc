"""The downstream tasks: GLUE's columns, labels, splits and metrics, from the Hub or from local files in the same form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Int64

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


TASKS: dict[str, Task] = {
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
}

MASKED_LM = "mlm"


class DataError(ValueError):
    """Data that cannot be used; the message names the config key, what is wrong, and the remedy."""


def load_split(task: str, split: str, source: str, revision: str | None = None) -> pd.DataFrame:
    """One split as ``idx, text, text_pair, label`` (``text_pair`` is null for single sentences), labels checked.

    Args:
        source: a directory with one folder of parquet files per task, or a data set's name on the Hub.

    Raises:
        DataError: the source cannot be read, a column is missing, or a label is out of range.
    """
    from datasets import load_dataset

    files = sorted(Path(source, task).glob(f"{split}-*.parquet"))
    if Path(source).is_dir() and not files:
        raise DataError(f"glue.source: {Path(source, task)} has no file {split}-*.parquet; give a directory that has one")
    try:
        if files:
            rows = load_dataset("parquet", data_files=[str(f) for f in files], split="train").to_pandas()
        else:
            rows = load_dataset(source, task, split=split, revision=revision).to_pandas()
    except Exception as error:
        where = files[0] if files else f"{source} (configuration {task}, split {split})"
        raise DataError(
            f"glue.source: {where} cannot be read ({error}); give a directory in the Hub's layout or a name on the Hub"
        ) from error
    return checked(rows, task, f"glue.source: {source} {task} {split}")


def checked(rows: pd.DataFrame, task: str, where: str) -> pd.DataFrame:
    """Rows of the Hub's columns in this project's four columns.

    Raises:
        DataError: a column is missing, or a label is out of range.
    """
    definition = TASKS[task]
    if missing := [c for c in (*definition.columns, "label") if c not in rows.columns]:
        raise DataError(f"{where}: column {missing[0]!r} is missing; it needs {[*definition.columns, 'label']}")
    allowed = range(len(definition.labels))
    if len(outside := rows.index[~rows["label"].isin(allowed)]):
        label = rows.loc[outside[0], "label"]
        raise DataError(f"{where}: row {outside[0]} has label {label}; allowed are {list(allowed)}")
    texts = rows[list(definition.columns)].fillna("").astype(str)
    pair = texts[definition.columns[1]] if len(definition.columns) > 1 else pd.Series([None] * len(rows), dtype=object)
    index = rows["idx"] if "idx" in rows.columns else pd.RangeIndex(len(rows))
    return pd.DataFrame(
        {
            "idx": np.asarray(index, np.int64),
            "text": texts[definition.columns[0]].to_numpy(),
            "text_pair": pair.to_numpy(),
            "label": rows["label"].to_numpy(np.int64),
        }
    )


def majority_score(task: str, train_labels: Labels, validation_labels: Labels) -> float:
    """The score of always answering the training set's most frequent class."""
    answer = np.bincount(train_labels).argmax()
    return TASKS[task].metric(validation_labels, np.full_like(validation_labels, answer))
