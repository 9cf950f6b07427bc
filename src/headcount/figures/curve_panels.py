"""Panels of curves: a row a model, a column a task."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from headcount.figures.curves import LEVEL, scale_axes
from headcount.figures.panels import NOTE, Grid, Names, cell, panel_grid, say
from headcount.figures.style import NOTE_SIZE


def _curve_panels(
    points: pd.DataFrame,
    table: pd.DataFrame,
    handles: Sequence[Line2D],
    draw: Callable[[Axes, pd.DataFrame, pd.DataFrame], None],
    notes_of: Callable[[pd.DataFrame], list[str]],
    labels: tuple[str, str, float],
    **names: Names,
) -> tuple[Figure, Grid]:
    """A row a model, a column a task, on common axes; notes lie below the curves, and a panel without any says why.

    ``points`` (with a column ``value``: NaN where left out) and ``table`` (with a column ``mean``) are those of all panels,
    ``draw`` and ``notes_of`` get one panel's. ``labels``: of x, of y, and where a line stands on y.
    """
    figure, grid = panel_grid(len(names["models"]), names["tasks"], handles, sharex=True, sharey=True)
    lines = 0
    for model, row in zip(names["models"], grid, strict=True):
        for task, axes in zip(names["tasks"], row, strict=True):
            axes.axhline(labels[2], **LEVEL)
            here, behind = cell(points, model, task), cell(table, model, task)
            notes = notes_of(here)
            if not behind["mean"].notna().any():
                say(axes, *(["no curve:", *notes] if len(here) else ["not run"]))
                continue
            axes.grid(color="0.9", linewidth=0.6)
            draw(axes, here, behind)
            axes.text(0.03, 0.02, "\n".join(notes), transform=axes.transAxes, fontsize=NOTE_SIZE, va="bottom", **NOTE)
            lines = max(lines, len(notes))
        row[0].set_ylabel(f"{model}\n{labels[1]}")
    for axes in grid[-1]:
        axes.set_xlabel(labels[0])
    scale_axes(grid[0][0], points["value"].dropna(), lines)
    return figure, grid
