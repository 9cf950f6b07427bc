"""What the loss of a sparse pre-trained model says of the accuracy that fine-tuning, free to move every weight, comes to."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from headcount.analysis.counted import USED
from headcount.claims.evidence import FISHER
from headcount.data import tasks
from headcount.data.tasks import MASKED_LM
from headcount.figures.panels import panel_grid, say
from headcount.figures.rows import Names, in_order
from headcount.figures.scatter import fit
from headcount.figures.sparse_models import arm_points, training_notes
from headcount.figures.style import LEVEL, MEAN, NOTE_SIZE, RC, Line, look, settle
from headcount.phrasing import fixed, percent

SEED: Line = {"linestyle": "none", "marker": "o", "markersize": 3, "markeredgewidth": 0, "alpha": 0.4, "zorder": 2}
LEGEND: Line = {"loc": "lower left", "fontsize": NOTE_SIZE, "title_fontsize": NOTE_SIZE, "alignment": "left"}
LEGEND |= {"framealpha": 1, "edgecolor": "white", "handlelength": 3, "labelspacing": 0.3}
HEIGHT = 3.2  # inches
STEPS = [1, 2, 5, 10]
"""Of ticks: round ones."""
NEAREST = 0.07
"""Of the width of a panel: sparsities that lie nearer to a larger one are not named."""


def _points(weights: pd.DataFrame, models: Names, of_tasks: Names) -> pd.DataFrame:
    """A row a deleted point and seed, with the loss of the sparse model that it started from."""
    points = arm_points(weights, weights.iloc[:0], models, [MASKED_LM, *of_tasks])
    masked = (points["task"] == MASKED_LM) & (points["arm"] == "retrained")
    run = ["model", "seed", "fraction"]
    losses = points[masked].set_index(run)["value"].to_dict()
    chosen = points[(points["task"] != MASKED_LM) & (points["arm"] == "deleted")]
    started = pd.Series(pd.MultiIndex.from_frame(chosen[run]).map(losses), index=chosen.index, dtype=float)
    if started.isna().any():
        raise ValueError(f"no loss of the sparse model of {chosen.loc[started.isna(), run].iloc[0].to_dict()}")
    return chosen.assign(loss=started)


def _table(points: pd.DataFrame, models: Names, of_tasks: Names) -> pd.DataFrame:
    """A row a mean; ``r`` and ``slope`` are means over the seeds' own, that of r as the verdict takes it."""
    parts = []
    for (model, task), rows in points.groupby(["model", "task"]):
        used = rows[rows["fate"] == USED]
        fits = [fit(own["loss"].to_numpy(float), own["value"].to_numpy(float)) for _, own in used.groupby("seed")]
        defined = pd.DataFrame([each for each in fits if not np.isnan(each["r"])], columns=["r", "slope"])
        groups = rows.assign(collapsed=rows["fate"] == "collapsed", loss=rows["loss"].where(rows["fate"] == USED))
        found = groups.groupby("fraction").agg(
            loss=("loss", "mean"), mean=("value", "mean"), sd=("value", "std"), seeds=("value", "count"),
            collapsed=("collapsed", "sum"),
        )  # fmt: skip
        r, slope = FISHER.back(defined["r"].map(FISHER.forward).mean()), defined["slope"].mean()
        parts.append(found.reset_index().assign(model=str(model), task=str(task), r=r, slope=slope, fits=len(defined)))
    columns = ["model", "task", "fraction", "loss", "mean", "sd", "seeds", "collapsed", "r", "slope", "fits"]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return in_order(table[columns], model=models, task=of_tasks)


def _name_sparsities(axes: Axes, table: pd.DataFrame) -> None:
    """Above the panel the sparsities of the models whose losses lie below, the largest first, those that there is room for."""
    losses = table[table["loss"].notna()].groupby("fraction")["loss"].mean()
    low, high = axes.get_xlim()
    named: list[tuple[float, float]] = []
    for fraction, loss in losses.iloc[::-1].items():
        if all(abs(loss - other) > NEAREST * (high - low) for other, _ in named):
            named.append((float(loss), float(str(fraction))))
    upper = axes.secondary_xaxis("top")
    upper.set_xticks([loss for loss, _ in named], [percent(share, 0) for _, share in named], fontsize=NOTE_SIZE)
    upper.tick_params(length=2, pad=1)
    upper.spines["top"].set_visible(False)
    for loss, _ in named:
        axes.axvline(loss, **{**LEVEL, "color": "0.85"})


def _panel(axes: Axes, points: pd.DataFrame, table: pd.DataFrame, of_tasks: Sequence[str]) -> None:
    """A line a task through its means; a small dot a seed."""
    axes.grid(axis="y", color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)
    for task in of_tasks:
        own, mean = points[points["task"] == task], table[(table["task"] == task) & table["mean"].notna()]
        if mean.empty:
            continue
        r = mean["r"].iloc[0]
        said = "r is not defined" if np.isnan(r) else f"r = {fixed(r, 3)}"
        style = {**look(of_tasks.index(task), f"{tasks.title(task)}: {said}"), "markevery": None}
        axes.plot(own["loss"], own["value"], color=style["color"], **SEED)
        axes.plot(mean["loss"], mean["mean"], **{**style, **MEAN, "linewidth": 1.6})
    _name_sparsities(axes, table)
    bottom, top = axes.get_ylim()
    notes = training_notes(points)
    lines = len(axes.get_legend_handles_labels()[0]) + len(notes)
    band = lines * NOTE_SIZE * 1.55 / 72 / (0.8 * HEIGHT)
    axes.set_ylim(top - (top - bottom) / (1 - band), top)
    axes.legend(title="\n".join(notes) or None, **LEGEND)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=STEPS))
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=STEPS))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g}"))


def loss_and_accuracy_figure(weights: pd.DataFrame, models: Names, of_tasks: Names) -> tuple[Figure, pd.DataFrame]:
    """Accuracy of fine-tuning that may move every weight, against the loss of the sparse model it starts from; a line a task.

    Args:
        weights: in ``headcount.analysis.sparse_points.POINT_COLUMNS``; ``of_tasks``: of these those that it has.

    Returns:
        The figure, models side by side, and a row a mean: model, task, fraction, loss (of masked LM, nats, mean over the seeds
        that count), mean and sd (sample, n - 1; null for one seed) of the accuracy, seeds (in the mean), collapsed (seeds left
        out); and of the model on the task: r (Pearson's, of loss and accuracy over the sparsities; mean over the seeds' by
        Fisher's z), slope (accuracy per nat, mean over the seeds'), fits (seeds that have an r).

    Raises:
        ValueError: two studies; a point that stands twice; a fine-tuned model whose sparse model has no loss.
    """
    points = _points(weights, models, of_tasks)
    shown = [task for task in of_tasks if task in set(points["task"])]
    table = _table(points, models, shown)
    handles = [Line2D([], [], color="0.3", label="one seed (line: mean over seeds)", **SEED)] if len(table) else []
    with matplotlib.rc_context(RC):
        figure, ((*row,),) = panel_grid(1, models, handles, heights=[HEIGHT])
        for model, axes in zip(models, row, strict=True):
            here, behind = (frame[frame["model"] == model] for frame in (points, table))
            if not behind["mean"].notna().any():
                axes.set(xticks=[], yticks=[])
                say(axes, *(training_notes(here) or ["not run"]))
                continue
            _panel(axes, here, behind, shown)
            axes.set_xlabel("loss of the sparse model (nats)\nabove: weights removed")
        row[0].set_ylabel("accuracy (%)")
        return settle(figure), table
