"""The data of the downstream tasks, from the Hub or from local files in the same form: read, and checked before use."""

from __future__ import annotations

import numpy as np
import pandas as pd

from headcount.data.sources import Repository, batches
from headcount.data.tasks import TASKS
from headcount.errors import SourceError


def load_split(task: str, split: str, data: Repository) -> pd.DataFrame:
    """One split as ``idx, text, text_pair, label`` (``text_pair`` is null for single sentences), labels checked.

    Raises:
        SourceError: the data set lacks the split, it cannot be read, a column is missing, or a label is out of range.
    """
    needed = (*TASKS[task].columns, "label")
    parts = [
        batch.to_pandas()
        for path in data.parquet(task, split, f"{task}/{split}-*.parquet")
        for batch in batches(data.key, path, needed, optional=("idx",))
    ]
    if not parts:
        raise SourceError(f"{data.key}.source: {split} of {task} in {data.source!r} is empty; give data that has examples")
    return checked(pd.concat(parts, ignore_index=True), task, f"{data.key}.source: {split} of {task} in {data.source!r}")


def checked(rows: pd.DataFrame, task: str, where: str) -> pd.DataFrame:
    """Rows of the Hub's columns in this project's four columns.

    Raises:
        SourceError: a label is out of range, or ``idx`` does not name each row.
    """
    definition = TASKS[task]
    allowed = range(len(definition.labels))
    if len(outside := rows.index[~rows["label"].isin(allowed)]):
        raise SourceError(
            f"{where}: row {outside[0]} has the label {rows.loc[outside[0], 'label']}, allowed are {list(allowed)}"
            f" ({', '.join(definition.labels)}); correct it, or leave the row out"
        )
    index = rows["idx"] if "idx" in rows.columns else pd.Series(np.arange(len(rows)))
    if not pd.api.types.is_integer_dtype(index) or index.duplicated().any():
        raise SourceError(f"{where}: idx should be another whole number in each row; correct it, or leave it out")
    texts = rows[list(definition.columns)].fillna("").astype(str)
    pair = texts[definition.columns[1]] if len(definition.columns) > 1 else pd.Series([None] * len(rows), dtype=object)
    return pd.DataFrame(
        {
            "idx": np.asarray(index, np.int64),
            "text": texts[definition.columns[0]].to_numpy(),
            "text_pair": pair.to_numpy(),
            "label": rows["label"].to_numpy(np.int64),
        }
    )
