"""Figures 1, 2 and 5: curves of pruned models, drawn from tables alone; no score is computed here.

Each figure comes with the table behind it. Relative scores are shares of the unpruned model's score (1 = unpruned). A
run that collapsed in fine-tuning, or whose relative score is undefined, is never averaged in: panel and table count it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, PercentFormatter

from headcount.figures.curve_points import Runs, _points, _table
from headcount.figures.style import LOOKS, METRICS, NOTE_SIZE, ONE_ORDER, RC, TASKS, Line, seeds_text, settle

MEAN: Line = {"linewidth": 2, "markersize": 4, "zorder": 3}
SEED: Line = {"linestyle": ":", "linewidth": 0.9, "alpha": 0.8}
LEVEL: Line = {"color": "0.45", "linestyle": (0, (8, 4)), "linewidth": 0.8, "zorder": 1}

PANEL_WIDTH, PANEL_HEIGHT = 2.5, 2.0  # inches
SPREAD = (-0.5, 1.5)
"""The widest relative scores shown: a near-zero unpruned score gives huge ratios, which would flatten all panels."""


def _look(model: str, norm: str, one_order: Collection[str]) -> Line:
    return ONE_ORDER if model in one_order else LOOKS[norm]


def _notes(points: pd.DataFrame) -> list[str]:
    """The lines that tell a panel's reader which runs it leaves out, and what its axis cuts off."""
    seeds = points.groupby("seed")["fate"].first()
    reasons = {"undefined": ["undefined", "(unpruned score ≤ 0)"], "collapsed": ["collapsed in training"]}
    lines = []
    for fate, (reason, *more) in reasons.items():
        if lost := int((seeds == fate).sum()):
            lines += [f"{lost} of {seeds_text(len(seeds))} {reason}", *more]
    scores = points.loc[points["fate"] == "used", "relative_score"]
    if scores.min() < SPREAD[0]:
        lines.append(f"beyond the axis: down to {scores.min():.0%}")
    if scores.max() > SPREAD[1]:
        lines.append(f"beyond the axis: up to {scores.max():.0%}")
    return lines


def _draw(axes: Axes, points: pd.DataFrame, mean: pd.DataFrame, look: Line) -> None:
    """One norm's curves: each seed thin and dotted, the mean bold and on top."""
    for _, seed in points[points["fate"] == "used"].sort_values("removed").groupby("seed"):
        axes.plot(seed["removed_fraction"], seed["relative_score"], color=look["color"], **SEED)
    axes.plot(mean["removed_fraction"], mean["mean"], **look, **MEAN)


def _panel(axes: Axes, points: pd.DataFrame, table: pd.DataFrame, one_order: Collection[str]) -> int:
    """Draw one (model, task); returns how many lines of notes stand under its curves."""
    axes.spines[["top", "right"]].set_visible(False)
    notes = _notes(points)
    if not table["mean"].notna().any():
        why = "\n".join(["no curve:", *notes] if len(points) else ["not run"])
        axes.text(0.5, 0.45, why, transform=axes.transAxes, fontsize=NOTE_SIZE + 1, ha="center", va="center")
        return 0
    axes.grid(color="0.9", linewidth=0.6)
    for norm in table["norm"].unique():
        look = _look(table["model"].iloc[0], norm, one_order)
        _draw(axes, points[points["norm"] == norm], table[table["norm"] == norm], look)
    box = {"facecolor": "white", "linewidth": 0, "pad": 0.5} if notes else None
    axes.text(0.03, 0.02, "\n".join(notes), transform=axes.transAxes, fontsize=NOTE_SIZE, va="bottom", bbox=box)
    return len(notes)


def scale_axes(axes: Axes, scores: pd.Series, note_lines: int) -> None:
    """The shared axes: all scores within ``SPREAD``, and below them a band that the notes have to themselves."""
    low, high = np.clip([min(0.0, scores.min()), max(1.0, scores.max())], *SPREAD) if len(scores) else (0.0, 1.0)
    low, high = low - 0.03, high + 0.04
    band = note_lines * NOTE_SIZE * 1.3 / 72 / (0.95 * PANEL_HEIGHT)
    axes.set_ylim((low - band * high) / (1 - band), high)
    axes.set_xlim(-0.02, 1.02)
    axes.xaxis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
    axes.yaxis.set_major_locator(FixedLocator([tick for tick in np.arange(-2, 7) / 4 if low <= tick <= high]))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=""))


def _legend_handles(looks: Collection[Line], levels: Sequence[float]) -> list[Line2D]:
    handles = [Line2D([], [], **look, **MEAN) for look in (*LOOKS.values(), ONE_ORDER) if look in looks]
    if handles:
        handles.append(Line2D([], [], color="0.3", label="one seed (bold: mean over seeds)", **SEED))
    if levels:
        label = " and ".join(f"{level:.0%}" for level in levels) + " of the unpruned score"
        handles.append(Line2D([], [], label=label, **LEVEL))
    return handles


def legend_columns(handles: Sequence[Line2D], width: float) -> int:
    """As many as fit into ``width`` inches, filled as matplotlib fills them: column by column."""
    lengths = [len(str(handle.get_label())) for handle in handles]
    for columns in range(len(lengths), 1, -1):
        if sum(max(column) * 0.075 + 0.8 for column in np.array_split(lengths, columns)) <= width:
            return columns
    return 1


def _grid(
    points: pd.DataFrame,
    table: pd.DataFrame,
    cells: Sequence[Sequence[tuple[str, str]]],
    one_order: Collection[str] | None,
    levels: Sequence[float],
) -> tuple[Figure, list[list[Axes]]]:
    """Panels at the (model, task) of ``cells``, and one legend above them; the caller writes titles and y labels."""
    if one_order is None:
        one_order = {str(model) for model, norms in points.groupby("model")["norm"] if set(norms) == {"none"}}
    defined = table[table["mean"].notna()]
    pairs = zip(defined["model"], defined["norm"], strict=True)
    handles = _legend_handles([_look(model, norm, one_order) for model, norm in pairs], levels)
    rows, columns = len(cells), max(len(row) for row in cells)
    width = max(5.5, PANEL_WIDTH * columns + 0.9)
    per_row = legend_columns(handles, width)
    height = PANEL_HEIGHT * rows + 1 + 0.2 * math.ceil(len(handles) / per_row)
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.legend(handles=handles, loc="outside upper center", ncols=per_row, frameon=False, handlelength=3.5)

    grid: list[list[Axes]] = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).tolist()
    note_lines = 0
    panels = [pair for places, row in zip(cells, grid, strict=True) for pair in zip(places, row, strict=True)]
    for (model, task), axes in panels:
        here, behind = (frame[(frame["model"] == model) & (frame["task"] == task)] for frame in (points, table))
        note_lines = max(note_lines, _panel(axes, here, behind, one_order))
        for level in levels:
            axes.axhline(level, **LEVEL)
    scale_axes(grid[0][0], points.loc[points["fate"] == "used", "relative_score"], note_lines)
    for axes in grid[-1]:
        axes.set_xlabel(f"{points['unit'].iloc[0]}s removed (%)" if len(points) else "removed (%)")
    return figure, grid


def _metrics(points: pd.DataFrame, task: str) -> list[str]:
    return [METRICS.get(name, name.replace("_", " ")) for name in points.loc[points["task"] == task, "metric"].unique()]


def relative_curves(
    curves: pd.DataFrame,
    models: Sequence[str],
    tasks: Sequence[str],
    *,
    collapsed: Runs = None,
    one_order: Collection[str] | None = None,
    levels: Sequence[float] = (0.9,),
) -> tuple[Figure, pd.DataFrame]:
    """Figure 1: relative score against the share of heads removed; a row a model, a column a task, in the order given.

    ``curves`` has the curve columns of DEFINITIONS.md. ``collapsed``: the runs that collapsed (a metrics table will
    do); one that is undefined too counts as collapsed. ``one_order``: models whose heads stand in one row, so that
    every norm gives the same order; unset: those whose only norm in ``curves`` is ``none``. ``levels``: horizontal
    lines, as shares of the unpruned score.

    The table behind it has one row for each point of a mean: model, task, metric, norm, removed (units),
    removed_fraction (0 to 1), mean and sd (sample, n - 1; null for one seed) of the relative score, seeds (in the
    mean), undefined and collapsed (seeds left out: the three add up to the seeds run). The points of single seeds stay
    in ``curves``.

    Raises ``ValueError`` where curves have no common mean: two studies, units, criteria or schedules, an unknown norm,
    a point that stands twice, seeds with different points, a run with null relative scores at some points only.
    """
    points = _points(curves, models, tasks, collapsed)
    table = _table(points, models, tasks)
    with matplotlib.rc_context(RC):
        figure, grid = _grid(points, table, [[(model, task) for task in tasks] for model in models], one_order, levels)
        for task, axes in zip(tasks, grid[0], strict=True):
            axes.set_title("\n".join([TASKS.get(task, task), *_metrics(points, task)]))
        for model, row in zip(models, grid, strict=True):
            row[0].set_ylabel(f"{model}\nrelative score (%)")
        return settle(figure), table


def masked_lm_curves(
    curves: pd.DataFrame,
    models: Sequence[str],
    *,
    one_order: Collection[str] | None = None,
    levels: Sequence[float] = (0.9, 0.75),
) -> tuple[Figure, pd.DataFrame]:
    """Figure 2: relative Recall@1 of masked LM (task ``mlm``) against the share of heads removed, models side by side.

    Arguments, table and errors are those of ``relative_curves``; 0.75 is the level at which the paper's §4 reads it.
    """
    points = _points(curves, models, ["mlm"], None)
    table = _table(points, models, ["mlm"])
    with matplotlib.rc_context(RC):
        figure, grid = _grid(points, table, [[(model, "mlm") for model in models]], one_order, levels)
        for model, axes in zip(models, grid[0], strict=True):
            axes.set_title(model)
        grid[0][0].set_ylabel("\n".join(["masked LM", f"relative {', '.join(_metrics(points, 'mlm')) or 'score'} (%)"]))
        return settle(figure), table
