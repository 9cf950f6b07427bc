"""Grids of panels, what is said in them, and the tables behind them: common to the figures beyond the curves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from headcount.figures.curves import PANEL_HEIGHT, PANEL_WIDTH, legend_columns
from headcount.figures.style import NOTE_SIZE, TASKS, Line

Grid = list[list[Axes]]
Names = Sequence[str]

NOTE: Line = {"bbox": {"facecolor": "white", "linewidth": 0, "pad": 0.5}}


def panel_grid(
    rows: int, tasks: Names, handles: Sequence[Line2D], *, heights: Sequence[float] = (), **shared: Any
) -> tuple[Figure, Grid]:
    """Rows of panels, a column a task, under one legend; ``heights`` in inches, ``shared`` as in ``Figure.subplots``."""
    heights = heights or [PANEL_HEIGHT] * rows
    width = max(5.5, PANEL_WIDTH * len(tasks) + 0.9)
    columns = legend_columns(handles, width)
    size = (width, sum(heights) + 1 + 0.2 * math.ceil(len(handles) / columns))
    figure = Figure(figsize=size, layout="constrained")
    if handles:
        figure.legend(handles=handles, loc="outside upper center", ncols=columns, frameon=False, handlelength=3.5)
    grid: Grid = figure.subplots(rows, len(tasks), squeeze=False, height_ratios=heights, **shared).tolist()
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    for task, axes in zip(tasks, grid[0], strict=True):
        axes.set_title(TASKS.get(task, task))
    return figure, grid


def say(axes: Axes, *lines: str) -> None:
    """A panel that has nothing to show says why."""
    look: Line = {"fontsize": NOTE_SIZE + 1, "ha": "center", "va": "center", **NOTE}
    axes.text(0.5, 0.45, "\n".join(lines), transform=axes.transAxes, **look)


def signed(value: float) -> str:
    """Two digits after the point; a minus sign that is one, and none before a zero."""
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")


def floats(values: pd.Series) -> np.ndarray:
    """Numbers of any dtype, null as NaN."""
    return values.astype("Float64").to_numpy(dtype=float, na_value=np.nan)


def refuse_mixtures(frame: pd.DataFrame, key: Names, *single: str) -> None:
    """Averages over rows that do not belong together would look like any other.

    Raises:
        ValueError: two studies, two values of a ``single`` column within a model, or a ``key`` that stands twice.
    """
    if frame["study"].nunique() > 1:
        raise ValueError(f"one study a figure, not {sorted(frame['study'].unique())}: select one of them first")
    for column in single:
        for model, values in frame.groupby("model")[column]:
            if values.nunique() > 1:
                raise ValueError(f"{model}: one {column} a figure, not {sorted(values.unique())}: select one of them first")
    if len(twice := frame[frame.duplicated(list(key))]):
        raise ValueError(f"a row stands in the table twice: {twice[list(key)].iloc[0].to_dict()}")


def in_order(table: pd.DataFrame, **orders: Names) -> pd.DataFrame:
    """The rows sorted by the columns named, their names in the order given, and else as they stood."""
    ranks = {column: {name: rank for rank, name in enumerate(names)} for column, names in orders.items()}
    return table.sort_values(list(orders), key=lambda keys: keys.map(ranks[str(keys.name)]), kind="stable", ignore_index=True)


def cell(frame: pd.DataFrame, model: str, task: str) -> pd.DataFrame:
    return frame[(frame["model"] == model) & (frame["task"] == task)]
