"""Models that single weights were pruned from, by arm: masked-LM loss and accuracy against sparsity."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator, PercentFormatter, StrMethodFormatter

from headcount.analysis.counted import LEFT_OUT, USED, Runs, fates
from headcount.data import tasks
from headcount.data.tasks import MASKED_LM
from headcount.figures.panels import Grid, headroom, panel_grid, say, seed_handle
from headcount.figures.rows import Names, cell, floats, in_order, of, refuse_mixtures
from headcount.figures.style import MEAN, NOTE_SIZE, RC, SEED, Line, look, settle
from headcount.phrasing import counted

EACH: Line = {"markevery": None}
"""The points are few: each has its marker."""
ARMS: dict[str, Line] = {
    "retrained": {**look(0, "pruned before fine-tuning, zeros stay zero"), **EACH},
    "deleted": {**look(1, "pruned before fine-tuning, zeros may move"), **EACH},
    "after": {**look(2, "pruned after fine-tuning, trained on"), **EACH},
    "random": {**look(3, "as the first, but random weights"), **EACH},
    "one_shot": {**look(6, "pruned at once, not trained on"), **EACH, "linewidth": 1.2, "markersize": 0},
}
"""What is pruned, and what is trained: schedules of magnitude pruning, and ``random``, which is retrained too."""
POINT = ["model", "task", "seed", "arm", "fraction"]
LOSSES = (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 4, 5, 7, 10)
"""Ticks of a logarithmic axis, in nats."""


def _trained(weights: pd.DataFrame) -> pd.DataFrame:
    """The points of the trained arms, each another training with its own fate."""
    points = weights.assign(arm=weights["schedule"].where(weights["criterion"] != "random", "random"))
    alien = (points["criterion"] == "random") & (points["schedule"] != "retrained")
    alien |= ~points["criterion"].isin(["magnitude", "random"]) | ~points["arm"].isin([*ARMS][:-1])
    if alien.any():
        first = points.loc[alien, ["criterion", "schedule"]].iloc[0].to_dict()
        raise ValueError(f"no arm of a figure has {first}: allowed are {', '.join([*ARMS][:-1])}, random ones retrained")
    masked = points["task"] == MASKED_LM
    value = np.where(masked, floats(points["loss"]), floats(points["accuracy"]))
    fate = np.select([points["collapsed"].astype(bool), np.isnan(value)], ["collapsed", "undefined"], USED)
    return points.assign(value=value, fate=fate)


def _one_shot(curves: pd.DataFrame, collapsed: Runs) -> pd.DataFrame:
    """The curves of models that were not trained on, where they are losses or accuracies; without the point of no weights."""
    masked = curves["task"] == MASKED_LM
    chosen = (curves["criterion"] == "magnitude") & (curves["removed_fraction"] < 1)
    points = curves[chosen & (masked | (curves["metric"] == "accuracy"))]
    points = points.assign(arm="one_shot", fraction=points["removed_fraction"].astype(float).round(3))
    value = np.where(points["task"] == MASKED_LM, floats(points["loss"]), floats(points["score"]))
    return points.assign(value=value, fate=fates(points, collapsed=collapsed))


def arm_points(
    weights: pd.DataFrame, curves: pd.DataFrame, models: Names, of_tasks: Names, collapsed: Runs = None
) -> pd.DataFrame:
    """A row a point and seed, checked: ``arm``, ``fraction``, ``measure``, ``value``, its ``fate``, and ``relative``.

    Args:
        weights: in ``headcount.analysis.sparse_points.POINT_COLUMNS``.
        curves: in ``headcount.order.curve.COLUMNS``, of unit weight; nothing was trained on.
        collapsed: the runs whose fine-tuned model collapsed; the trained arms say so themselves.

    Returns:
        ``measure`` is loss for masked LM, else accuracy; ``relative`` the value over that without pruning, of the same run and
        arm (of retrained where random has none). Both are null for a point that does not count.

    Raises:
        ValueError: two studies; a point that stands twice; an unknown arm.
    """
    points = pd.concat([_trained(of(weights, models, of_tasks)), _one_shot(of(curves, models, of_tasks), collapsed)])
    points = points.reset_index(drop=True)
    refuse_mixtures(points, POINT)
    points = points.assign(measure=np.where(points["task"] == MASKED_LM, "loss", "accuracy"))
    points["value"] = points["value"].where(points["fate"] == USED)
    run = points[POINT[:3]].assign(arm=points["arm"].replace("random", "retrained"))
    whole = points[points["fraction"] == 0].set_index(POINT[:4])["value"]
    unpruned = pd.MultiIndex.from_frame(run).map(whole.to_dict())
    return points.assign(relative=points["value"] / pd.Series(unpruned, index=points.index, dtype=float))


def _table(points: pd.DataFrame, models: Names, of_tasks: Names) -> pd.DataFrame:
    lost = {fate: points["fate"] == fate for fate in ("undefined", "collapsed")}
    groups = points.assign(**lost).groupby(["model", "task", "measure", "arm", "fraction"])
    means = groups["value"].agg(mean="mean", sd="std", seeds="count")
    beside = means.assign(relative=groups["relative"].mean())
    table = pd.concat([groups["removed_fraction"].first(), beside, groups[list(lost)].sum()], axis=1)
    return in_order(table.reset_index(), model=models, task=of_tasks, arm=list(ARMS))


# ------------------------------------------------------------------------------------------------------------- drawing


def training_notes(points: pd.DataFrame) -> list[str]:
    """Lines that say how many trainings a panel leaves out, and why; a curve that is not trained on is of one."""
    trained = points.assign(fraction=points["fraction"].where(points["arm"] != "one_shot", 0.0)).drop_duplicates(POINT)
    counts = {why: int((trained["fate"] == fate).sum()) for fate, why in LEFT_OUT.items()}
    return [line for why, lost in counts.items() if lost for line in (f"{lost} of {counted(len(trained), 'training')}", why)]


def _panel(axes: Axes, points: pd.DataFrame, table: pd.DataFrame) -> None:
    """Each seed thin and dotted, each mean bold and on top."""
    axes.grid(color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)
    for arm, style in ARMS.items():
        own, mean = points[points["arm"] == arm], table[(table["arm"] == arm) & table["mean"].notna()]
        for _, seed in own[own["fate"] == USED].sort_values("fraction").groupby("seed"):
            axes.plot(seed["removed_fraction"], seed["value"], color=style["color"], **SEED)
        if len(mean):
            axes.plot(mean["removed_fraction"], mean["mean"], **{**MEAN, **style})


def loss_axis(axes: Axes, values: Sequence[float]) -> None:
    """Logarithmic where losses lie far apart, with ticks that can be read."""
    low, high = min(values), max(values)
    if not 0 < 2 * low < high:
        axes.yaxis.set_major_locator(MaxNLocator(5))
        return
    axes.set_yscale("log")
    axes.set_ylim(low / 1.08, high * 1.08)
    axes.yaxis.set_major_locator(FixedLocator(LOSSES))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))


def _scale(grid: Grid, of_tasks: Names, points: pd.DataFrame, lines: int) -> None:
    """Each model's losses on an axis of its own, all accuracies on one, below a band that the notes have to themselves."""
    shown = points.loc[points["measure"] == "accuracy", "value"].dropna()
    low, high = (shown.min(), shown.max()) if len(shown) else (0.0, 1.0)
    margin = 0.05 * ((high - low) or 1.0)
    for row in grid:
        for task, axes in zip(of_tasks, row, strict=True):
            if task == MASKED_LM:
                if values := [float(value) for line in axes.lines for value in np.asarray(line.get_ydata())]:
                    loss_axis(axes, values)
                continue
            axes.set_ylim(low - margin, high + margin)
            headroom(axes, lines)
            axes.yaxis.set_major_locator(FixedLocator([tick / 10 for tick in range(11) if tick / 10 <= high + margin]))
            axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=""))
            axes.tick_params(labelleft=axes is row[1])
    for axes in grid[-1]:
        axes.set_xlabel("weights removed (%)")
        axes.set_xlim(-0.02, 1.02)
        axes.xaxis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=""))


def sparse_models_figure(
    weights: pd.DataFrame, curves: pd.DataFrame, models: Names, of_tasks: Names, *, collapsed: Runs = None
) -> tuple[Figure, pd.DataFrame]:
    """The loss of masked LM, and beside it the accuracy on each task, against the share of weights removed; a row a model.

    Args: those of ``arm_points``; ``of_tasks`` are the downstream tasks, of which those are shown that were asked.

    Returns:
        The figure, and a row a mean: model, task, measure (``loss`` or ``accuracy``), arm (a key of ``ARMS``), fraction (asked
        for), removed_fraction, mean and sd (sample, n - 1; null for one seed), seeds (in the mean), relative (mean of each
        over its run's own without pruning), undefined and collapsed (seeds left out).
    """
    points = arm_points(weights, curves, models, [MASKED_LM, *of_tasks], collapsed)
    columns = [MASKED_LM, *(task for task in of_tasks if task in set(points["task"]))]
    table = _table(points, models, columns)
    there = set(table.loc[table["mean"].notna(), "arm"])
    handles = [Line2D([], [], **{**MEAN, **style}) for arm, style in ARMS.items() if arm in there]
    handles += [seed_handle()] if handles else []
    lines = 0
    with matplotlib.rc_context(RC):
        figure, grid = panel_grid(len(models), [tasks.title(task) for task in columns], handles, sharex=True)
        for model, row in zip(models, grid, strict=True):
            for task, axes in zip(columns, row, strict=True):
                here, behind = cell(points, model, task), cell(table, model, task)
                notes = training_notes(here)
                if not behind["mean"].notna().any():
                    say(axes, *(notes or ["not run"]))
                    continue
                _panel(axes, here, behind)
                axes.text(0.03, 0.98, "\n".join(notes), transform=axes.transAxes, fontsize=NOTE_SIZE, va="top")
                lines = max(lines, len(notes))
            for axes, label in zip(row, [f"{model}\nloss (nats)", "accuracy (%)"], strict=False):
                axes.set_ylabel(label)
        _scale(grid, columns, points, lines)
        return settle(figure), table
