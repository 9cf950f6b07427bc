"""Grids of panels under one legend, the curves' common axes, and what is said in a panel."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, PercentFormatter

from headcount.figures.rows import cell
from headcount.figures.style import LEVEL, NOTE_SIZE, SEED, Line
from headcount.phrasing import percent

Grid = list[list[Axes]]

PANEL_WIDTH, PANEL_HEIGHT = 2.5, 2.0  # inches
SPREAD = (-0.5, 1.5)
"""The widest relative scores shown: a near-zero unpruned score gives huge ratios, which would flatten all panels."""
NOTE: Line = {"bbox": {"facecolor": "white", "linewidth": 0, "pad": 0.5}}


def legend_columns(handles: Sequence[Line2D], width: float) -> int:
    """As many as fit into ``width`` inches, filled as matplotlib fills them: column by column."""
    lengths = [len(str(handle.get_label())) for handle in handles]
    for columns in range(len(lengths), 1, -1):
        if sum(max(column) * 0.075 + 0.8 for column in np.array_split(lengths, columns)) <= width:
            return columns
    return 1


def panel_grid(
    rows: int, titles: Sequence[str], handles: Sequence[Line2D], *, heights: Sequence[float] = (), **shared: Any
) -> tuple[Figure, Grid]:
    """Rows of panels, a column a title, under one legend; ``heights`` in inches, ``shared`` as in ``Figure.subplots``."""
    heights = heights or [PANEL_HEIGHT] * rows
    width = max(5.5, PANEL_WIDTH * len(titles) + 0.9)
    columns = legend_columns(handles, width)
    size = (width, sum(heights) + 1 + 0.2 * math.ceil(len(handles) / columns))
    figure = Figure(figsize=size, layout="constrained")
    if handles:
        figure.legend(handles=handles, loc="outside upper center", ncols=columns, frameon=False, handlelength=3.5)
    grid: Grid = figure.subplots(rows, len(titles), squeeze=False, height_ratios=heights, **shared).tolist()
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    for title, axes in zip(titles, grid[0], strict=True):
        axes.set_title(title)
    return figure, grid


def say(axes: Axes, *lines: str) -> None:
    """A panel that has nothing to show says why."""
    look: Line = {"fontsize": NOTE_SIZE + 1, "ha": "center", "va": "center", **NOTE}
    axes.text(0.5, 0.45, "\n".join(lines), transform=axes.transAxes, **look)


def headroom(axes: Axes, lines: int, height: float = PANEL_HEIGHT) -> None:
    """A band above everything drawn that ``lines`` of notes have to themselves."""
    low, high = axes.get_ylim()
    band = lines * NOTE_SIZE * 1.35 / 72 / (0.95 * height)
    axes.set_ylim(low, low + (high - low) / (1 - band))


def apart(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Ascending places moved until neighbours are at least ``gap`` apart and all lie within ``low`` and ``high``.

    Where there is no room for all of them, the lowest leave it.
    """
    steps = gap * np.arange(len(places))
    asked = np.asarray(places, dtype=float) - steps
    up, down = np.maximum.accumulate(asked), np.minimum.accumulate(asked[::-1])[::-1]
    moved = np.clip((up + down) / 2, low, None)
    last = high - steps[-1] if len(places) else high
    found: list[float] = (np.minimum(moved, last) + steps).tolist()
    return found


# --------------------------------------------------------------------------------------------------------------- curves


@dataclass(frozen=True)
class Curves:
    """A grid of curves on common axes.

    Args:
        places: (model, task) of each panel, row by row.
        titles: of the columns; rows: labels of the rows; x: label of the horizontal axis.
        levels: where horizontal lines are drawn.
        handles: of the legend.
        points: of all panels; ``value`` is NaN where a point is left out.
        table: the means, in a column ``mean``.
        draw: draws one panel from its points and means.
        notes_of: the lines that stand below the curves of one panel.
    """

    places: Sequence[Sequence[tuple[str, str]]]
    titles: Sequence[str]
    rows: Sequence[str]
    x: str
    levels: Sequence[float]
    handles: Sequence[Line2D]
    points: pd.DataFrame
    table: pd.DataFrame
    draw: Callable[[Axes, pd.DataFrame, pd.DataFrame], None]
    notes_of: Callable[[pd.DataFrame], list[str]]

    def figure(self) -> tuple[Figure, Grid]:
        """The grid, drawn. Notes lie below the curves, and a panel without any says why."""
        figure, grid = panel_grid(len(self.places), self.titles, self.handles, sharex=True, sharey=True)
        lines = [self._panel(*panel) for row in zip(self.places, grid, strict=True) for panel in zip(*row, strict=True)]
        for label, row in zip(self.rows, grid, strict=True):
            row[0].set_ylabel(label)
        for axes in grid[-1]:
            axes.set_xlabel(self.x)
        _scale(grid[0][0], self.points["value"].dropna(), max(lines))
        return figure, grid

    def _panel(self, place: tuple[str, str], axes: Axes) -> int:
        """Draw one panel; returns how many lines of notes stand below its curves."""
        for level in self.levels:
            axes.axhline(level, **LEVEL)
        here, behind = cell(self.points, *place), cell(self.table, *place)
        notes = self.notes_of(here)
        if not behind["mean"].notna().any():
            say(axes, *(["no curve:", *notes] if len(here) else ["not run"]))
            return 0
        axes.grid(color="0.9", linewidth=0.6)
        self.draw(axes, here, behind)
        axes.text(0.03, 0.02, "\n".join(notes), transform=axes.transAxes, fontsize=NOTE_SIZE, va="bottom", **NOTE)
        return len(notes)


def _scale(axes: Axes, values: pd.Series, note_lines: int) -> None:
    """The shared axes: all values within ``SPREAD``, and below them a band that the notes have to themselves."""
    low, high = np.clip([min(0.0, values.min()), max(1.0, values.max())], *SPREAD) if len(values) else (0.0, 1.0)
    low, high = low - 0.03, high + 0.04
    band = note_lines * NOTE_SIZE * 1.3 / 72 / (0.95 * PANEL_HEIGHT)
    axes.set_ylim((low - band * high) / (1 - band), high)
    axes.set_xlim(-0.02, 1.02)
    axes.xaxis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
    axes.yaxis.set_major_locator(FixedLocator([tick for tick in np.arange(-2, 7) / 4 if low <= tick <= high]))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=""))


def beyond_the_axis(values: pd.Series) -> list[str]:
    """The lines that tell what the common axes cut off."""
    lines = []
    if values.min() < SPREAD[0]:
        lines.append(f"beyond the axis: down to {percent(values.min(), 0)}")
    if values.max() > SPREAD[1]:
        lines.append(f"beyond the axis: up to {percent(values.max(), 0)}")
    return lines


def seed_handle() -> Line2D:
    """The legend's entry of single seeds."""
    return Line2D([], [], color="0.3", label="one seed (bold: mean over seeds)", **SEED)


def level_handle(levels: Sequence[float]) -> Line2D:
    """The legend's entry of the levels of relative performance."""
    return Line2D([], [], label=f"{' and '.join(percent(level, 0) for level in levels)} of the unpruned score", **LEVEL)
