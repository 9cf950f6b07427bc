"""A multilingual and a monolingual model without some of their heads, which are drawn at random: the accuracy that is left."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, PercentFormatter

from headcount.analysis.counted import USED, fates, notes
from headcount.data import tasks
from headcount.figures.panels import headroom, panel_grid, say
from headcount.figures.rows import Names, floats, in_order, of, refuse_mixtures
from headcount.figures.style import LEVEL, MEAN, NOTE_SIZE, RC, Line, look, settle

DOT: Line = {"linestyle": "none", "marker": "o", "markersize": 3.5, "markeredgewidth": 0, "alpha": 0.55, "zorder": 2}
DRAWS: Line = {"linewidth": 3, "alpha": 0.22, "solid_capstyle": "butt", "zorder": 1}
APART = 0.05
"""Of the axis, between the dots of one model and those of the next."""
HEIGHT = 2.6  # inches
REMOVAL = ["model", "task", "seed", "schedule", "unit", "criterion", "point"]


def _points(removals: pd.DataFrame, models: Names, of_tasks: Names) -> pd.DataFrame:
    """A row a run and draw, and one of its whole model, which has lost nothing."""
    rows = of(removals, models, of_tasks)
    random = (rows["schedule"] == "before") & (rows["unit"] == "head") & (rows["criterion"] == "random")
    rows = rows[random | (rows["schedule"] == "whole")].reset_index(drop=True)
    refuse_mixtures(rows, REMOVAL)
    for keys, own in rows.groupby(["model", "task"]):
        if own.groupby("point")["seed"].count().nunique() > 1:
            raise ValueError(f"{', '.join(map(str, keys))}: not every seed lost the same")
    fate, value = fates(rows, "relative_accuracy"), pd.Series(floats(rows["relative_accuracy"]), dtype=float)
    fraction = np.where(rows["schedule"] == "whole", 0.0, floats(rows["fraction"]))
    return rows.assign(fate=fate, fraction=fraction, value=value.where(fate == USED))


def _table(points: pd.DataFrame, models: Names, of_tasks: Names) -> pd.DataFrame:
    """A row a mean over the seeds' own, each of its draws."""
    share = ["model", "task", "fraction"]
    seeds = _seeds(points)
    lost = {fate: seeds["fate"] == fate for fate in ("undefined", "collapsed")}
    groups, draws = seeds.assign(**lost).groupby(share), points.groupby(share)
    means = groups["value"].agg(mean="mean", sd="std", seeds="count")
    ends = draws["value"].agg(least="min", most="max").assign(draws=draws["point"].nunique())
    table = pd.concat([draws["removed_fraction"].first(), means, ends, groups[[*lost]].sum()], axis=1).reset_index()
    return in_order(table, model=models, task=of_tasks)


def _seeds(points: pd.DataFrame) -> pd.DataFrame:
    groups = points.groupby(["model", "task", "fraction", "seed"])
    columns = groups[["removed_fraction", "value"]].mean()
    return columns.join(groups["fate"].first()).reset_index()


def _draw(axes: Axes, seeds: pd.DataFrame, table: pd.DataFrame, models: Sequence[str]) -> None:
    """A line a model through its means; a dot a seed beside it, and behind it what lies between single draws."""
    axes.grid(color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.axhline(1, **LEVEL)
    for place, model in enumerate(models):
        own, mean = (frame[frame["model"] == model] for frame in (seeds, table))
        if not mean["mean"].notna().any():
            continue
        style = {**look(place, model), "markevery": None}
        aside = APART * (place - (len(models) - 1) / 2)
        pruned, there = own[own["fraction"] > 0], mean[(mean["fraction"] > 0) & mean["mean"].notna()]
        axes.plot(pruned["removed_fraction"] + aside, pruned["value"], color=style["color"], **DOT)
        axes.vlines(there["removed_fraction"] + aside, there["least"], there["most"], color=style["color"], **_vertical())
        axes.plot(mean["removed_fraction"], mean["mean"], **{**style, **MEAN, "linewidth": 1.6})


def _vertical() -> Line:
    return {("capstyle" if name == "solid_capstyle" else name): value for name, value in DRAWS.items()}


def _notes(points: pd.DataFrame, models: Sequence[str]) -> list[str]:
    """The lines that say which seeds of which model are left out, and which model has none."""
    lines = []
    for model in models:
        own = points[points["model"] == model]
        lines += [f"{model}: {line}" for line in (notes(own) if len(own) else ["not run"])]
    return lines


def _scale(row: Sequence[Axes], table: pd.DataFrame, lines: int) -> None:
    """Common axes: all draws, below a band that the notes have to themselves."""
    low, high = table["least"].min(), max(1.0, table["most"].max())
    low, high = (0.0, 1.0) if np.isnan(low) else (low, high)
    margin = 0.06 * ((high - low) or 1.0)
    row[0].set_ylim(low - margin, high + margin)
    headroom(row[0], lines, HEIGHT)
    row[0].yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    row[0].yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g}"))
    row[0].set_xlim(-0.04, max(table["removed_fraction"].max(), 0.75) + 0.06 if len(table) else 1.0)
    for axes in row:
        axes.set_xlabel("heads removed (%)")
        axes.xaxis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=""))


def robustness_figure(removals: pd.DataFrame, models: Names, of_tasks: Names) -> tuple[Figure, pd.DataFrame]:
    """Accuracy over that of the whole model, without random heads that go before fine-tuning; a column a task, a line a model.

    Args:
        removals: study, model, task, seed, schedule, unit, criterion, point, fraction, removed_fraction, collapsed (the whole
            run's), relative_accuracy (null where that collapsed or has none above 0). Of these the random heads that go before
            fine-tuning are shown, and the whole models.
        of_tasks: of these, those that it has are shown.

    Returns:
        The figure, and a row for each point of a mean: model, task, fraction (asked for; 0: the whole model),
        removed_fraction, mean and sd (sample, n - 1; null for one seed) of the relative accuracy over the seeds, each the mean
        of its draws; seeds (in the mean), least and most (of a draw), draws (of a seed), undefined and collapsed (seeds left
        out).

    Raises:
        ValueError: two studies; a row that stands twice; seeds that lost different things.
    """
    points = _points(removals, models, of_tasks)
    shown = [task for task in of_tasks if task in set(points["task"])] or list(of_tasks)
    table, seeds = _table(points, models, shown), _seeds(points)
    handles = [Line2D([], [], **{**look(place, model), **MEAN, "markevery": None}) for place, model in enumerate(models)]
    handles.append(Line2D([], [], color="0.3", label="one seed, the mean of its draws", **DOT))
    handles.append(Line2D([], [], color="0.3", label="from the least to the most of a draw", **DRAWS))
    lines = 0
    with matplotlib.rc_context(RC):
        figure, ((*row,),) = panel_grid(1, [tasks.title(task) for task in shown], handles, heights=[HEIGHT], sharey=True)
        for task, axes in zip(shown, row, strict=True):
            here, own = (frame[frame["task"] == task] for frame in (points, seeds))
            behind = table[table["task"] == task]
            said = _notes(here, models)
            if not behind["mean"].notna().any():
                say(axes, *(said if len(here) else ["not run"]))
                continue
            _draw(axes, own, behind, models)
            axes.text(0.02, 0.99, "\n".join(said), transform=axes.transAxes, fontsize=NOTE_SIZE, va="top")
            lines = max(lines, len(said))
        _scale(row, table, lines)
        row[0].set_ylabel("accuracy, relative to\nthe whole model (%)")
        return settle(figure), table
