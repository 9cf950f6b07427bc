"""How far fine-tuning moves weights in the order of their magnitudes, and how little it changes which are pruned."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, PercentFormatter

from headcount.analysis.counted import USED, Runs, fates, notes
from headcount.data import tasks
from headcount.figures.panels import headroom, panel_grid, say
from headcount.figures.rows import Names, in_order, of, refuse_mixtures
from headcount.figures.style import LEVEL, MEAN, NOTE_SIZE, RC, SEED, Line, look, settle
from headcount.phrasing import percent

TITLES = ("movement in the order\nof magnitudes", "entries that one mask keeps\nand the other does not")
BAR: Line = {"width": 0.62, "alpha": 0.85, "zorder": 2}
DOT: Line = {"linestyle": "none", "marker": "o", "markersize": 3.5, "color": "0.15", "markeredgewidth": 0, "zorder": 3}
RUN = ["model", "task", "seed"]


def _runs(movements: pd.DataFrame, models: Names, of_tasks: Names, collapsed: Runs) -> pd.DataFrame:
    """A row a run and measure: means over the entries of all matrices."""
    rows = of(movements, models, of_tasks)
    refuse_mixtures(rows, [*RUN, "matrix", "fraction"])
    once = rows.drop_duplicates([*RUN, "matrix"]).assign(measure="movement", value=rows["movement"], fraction=np.nan)
    both = pd.concat([once, rows.assign(measure="masks_differ", value=rows["masks_differ"])])
    groups = both.assign(weighted=both["value"] * both["size"]).groupby([*RUN, "measure", "fraction"], dropna=False)
    found = groups[["weighted", "size"]].sum().reset_index()
    found = found.assign(fate=fates(found, collapsed=collapsed), value=found["weighted"] / found["size"])
    return found.assign(value=found["value"].where(found["fate"] == USED))


def _table(runs: pd.DataFrame, models: Names, of_tasks: Names) -> pd.DataFrame:
    groups = runs.assign(collapsed=runs["fate"] == "collapsed").groupby(["model", "task", "measure", "fraction"], dropna=False)
    means = groups["value"].agg(mean="mean", sd="std", seeds="count")
    table = pd.concat([means, groups["collapsed"].sum()], axis=1).reset_index()
    return in_order(table, model=models, task=of_tasks, measure=["movement", "masks_differ"])


def _bars(axes: Axes, runs: pd.DataFrame, table: pd.DataFrame, of_tasks: Sequence[str]) -> None:
    """A bar a task, the mean over seeds; a dot a seed."""
    for place, task in enumerate(of_tasks):
        mean, own = (frame[frame["task"] == task] for frame in (table, runs))
        if len(mean) and mean["mean"].notna().any():
            axes.bar([place], mean["mean"], color=look(place, task)["color"], **BAR)
            values = np.sort(own["value"].dropna())
            axes.plot(place + np.linspace(-0.15, 0.15, len(values) + 2)[1:-1], values, **DOT)
    axes.set_xlim(-0.6, len(of_tasks) - 0.4)
    axes.set_xticks(range(len(of_tasks)), [tasks.title(task) for task in of_tasks])


def _lines(axes: Axes, runs: pd.DataFrame, table: pd.DataFrame, of_tasks: Sequence[str]) -> None:
    """A line a task, the mean over seeds; dotted, each seed."""
    for place, task in enumerate(of_tasks):
        style = {**look(place, task), "markevery": None}
        mean = table[(table["task"] == task) & table["mean"].notna()]
        for _, own in runs[(runs["task"] == task) & (runs["fate"] == USED)].groupby("seed"):
            axes.plot(own["fraction"], own["value"], color=style["color"], **SEED)
        axes.plot(mean["fraction"], mean["mean"], **{**style, **MEAN})
    axes.set_xlim(-0.02, 1.02)
    axes.xaxis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=""))


def _finish(row: Sequence[Axes], table: pd.DataFrame, bar: float, lines: Sequence[str]) -> None:
    """Both panels on one scale from 0, which has the bar, below a band that the notes have to themselves."""
    top = 1.1 * max(bar, table["mean"].max())
    for axes in row:
        axes.grid(axis="y", color="0.9", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.axhline(bar, **LEVEL)
        axes.set_ylim(0, top)
        headroom(axes, len(lines))
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g}"))
    row[0].text(0.02, 0.99, "\n".join(lines), transform=row[0].transAxes, fontsize=NOTE_SIZE, va="top")


def movement_figure(
    movements: pd.DataFrame, models: Names, of_tasks: Names, *, collapsed: Runs = None, bar: float = 0.06
) -> tuple[Figure, pd.DataFrame]:
    """How far fine-tuning moves the weights in the order of magnitudes, and how far the masks differ; a row a model.

    Args:
        movements: study, model, task, seed and the columns of ``headcount.analysis.movement.movement``.
        of_tasks: of these, those that it has are shown.
        collapsed: the runs that collapsed (a metrics table will do); they are left out.
        bar: a horizontal line: all of the paper's numbers lie below.

    Returns:
        The figure, and a row a mean: model, task, measure (``movement``: places moved over entries; ``masks_differ``: share of
        the entries), fraction (of the weights pruned; null for movement), mean and sd (sample, n - 1; null for one seed) over
        the seeds, each a mean over the entries of all matrices; seeds (in the mean), collapsed (seeds left out).

    Raises:
        ValueError: two studies; a row that stands twice.
    """
    runs = _runs(movements, models, of_tasks, collapsed)
    shown = [task for task in of_tasks if task in set(runs["task"])]
    table = _table(runs, models, shown)
    handles = [
        Line2D([], [], **{**look(place, tasks.title(task)), **MEAN, "markevery": None}) for place, task in enumerate(shown)
    ]
    handles.append(Line2D([], [], label="one seed (bars and lines: mean over seeds)", **DOT))
    handles.append(Line2D([], [], label=f"{percent(bar, 0)}: the paper stays below", **LEVEL))
    with matplotlib.rc_context(RC):
        figure, grid = panel_grid(len(models), TITLES, handles, sharey="row")
        for model, row in zip(models, grid, strict=True):
            own, means = (frame[frame["model"] == model] for frame in (runs, table))
            row[0].set_ylabel(f"{model}\nshare (%)")
            lines = [f"{tasks.title(task)}: {line}" for task in shown for line in _lost(own[own["task"] == task])]
            if not means["mean"].notna().any():
                for axes in row:
                    axes.set(xticks=[], yticks=[])
                    say(axes, *(lines or ["not measured"]))
                continue
            for axes, measure, paint in zip(row, ("movement", "masks_differ"), (_bars, _lines), strict=True):
                paint(axes, *(frame[frame["measure"] == measure] for frame in (own, means)), shown)
            _finish(row, means, bar, lines)
        grid[-1][1].set_xlabel("weights removed (%)")
        return settle(figure), table


def _lost(runs: pd.DataFrame) -> list[str]:
    return notes(runs) if len(runs) else []
