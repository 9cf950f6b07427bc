"""A figure's share of a table: checked, in order, its numbers as floats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

Names = Sequence[str]


def floats(values: pd.Series) -> np.ndarray:
    """Numbers of any dtype, null as NaN."""
    return values.astype("Float64").to_numpy(dtype=float, na_value=np.nan)


def of(frame: pd.DataFrame, models: Names, tasks: Names) -> pd.DataFrame:
    """The rows of some models and tasks."""
    return frame[frame["model"].isin(models) & frame["task"].isin(tasks)].reset_index(drop=True)


def refuse_mixtures(frame: pd.DataFrame, key: Names, *single: str) -> None:
    """Averages over rows that do not belong together would look like any other.

    Raises:
        ValueError: two studies, two values of a ``single`` column within a model, or a ``key`` that stands twice.
    """
    refuse_several(frame, "study", "figure")
    for column in single:
        for model, rows in frame.groupby("model"):
            refuse_several(rows, column, "figure", f"{model}: ")
    if len(twice := frame[frame.duplicated(list(key))]):
        raise ValueError(f"a row stands in the table twice: {twice[list(key)].iloc[0].to_dict()}")


def refuse_several(frame: pd.DataFrame, column: str, where: str, whose: str = "") -> None:
    """Raise a ``ValueError`` if a column has several values."""
    if frame[column].nunique() > 1:
        raise ValueError(f"{whose}one {column} a {where}, not {sorted(frame[column].unique())}: select one of them first")


def in_order(table: pd.DataFrame, **orders: Names) -> pd.DataFrame:
    """The rows sorted by the columns named, their names in the order given, and else as they stood."""
    ranks = {column: {name: rank for rank, name in enumerate(names)} for column, names in orders.items()}
    return table.sort_values(list(orders), key=lambda keys: keys.map(ranks[str(keys.name)]), kind="stable", ignore_index=True)


def cell(frame: pd.DataFrame, model: str, task: str) -> pd.DataFrame:
    """The rows of one model on one task."""
    return frame[(frame["model"] == model) & (frame["task"] == task)]
