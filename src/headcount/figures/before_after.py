"""Heads removed before fine-tuning against heads removed after it."""

from __future__ import annotations

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from headcount.analysis.before_after import ARMS as NAMES
from headcount.analysis.counted import USED, fates, notes
from headcount.data import tasks as named
from headcount.figures.panels import Curves, beyond_the_axis, level_handle, seed_handle
from headcount.figures.rows import Names, floats, in_order, of, refuse_mixtures
from headcount.figures.style import MEAN, RC, SEED, Line, look, settle

AFTER_OWN, AFTER_PRETRAIN, BEFORE = NAMES
ARMS: dict[str, Line] = {
    AFTER_OWN: look(0, "after fine-tuning, in the task's own order"),
    AFTER_PRETRAIN: look(1, "after fine-tuning, in the pre-train task's order"),
    BEFORE: {"label": "before fine-tuning, in the pre-train task's order", "color": "black", "marker": "D"},
}
"""When heads were removed, and in which order."""
MARKED: Line = {"linestyle": "none", "markersize": 7, "markeredgecolor": "white", "zorder": 4}
PRETRAIN: Line = {"label": "masked LM without the same heads", "color": "0.45", "linewidth": 1.2, "linestyle": "-."}


def _arm_table(points: pd.DataFrame, models: Names, tasks: Names) -> pd.DataFrame:
    lost = {fate: points["fate"] == fate for fate in ("undefined", "collapsed")}
    groups = points.assign(**lost).groupby(["model", "task", "arm", "removed"])
    means = groups["value"].agg(mean="mean", sd="std", seeds="count")
    pretrain = groups["pretrain"].mean().rename("pretrain_mean")
    counts = groups[list(lost)].sum()
    table = pd.concat([groups["removed_fraction"].first(), means, counts["undefined"], pretrain, counts["collapsed"]], axis=1)
    return in_order(table.reset_index(), model=models, task=tasks, arm=list(ARMS))


def _arm_notes(points: pd.DataFrame) -> list[str]:
    return [*notes(points), *beyond_the_axis(points["value"])]


def _draw_arms(axes: Axes, points: pd.DataFrame, table: pd.DataFrame) -> None:
    for arm, mean in table.groupby("arm", sort=False):
        style = ARMS[str(arm)]
        if arm == BEFORE:
            axes.errorbar(mean["removed_fraction"], mean["mean"], yerr=mean["sd"], capsize=3, **style, **MARKED)
            continue
        for _, seed in points[points["arm"] == arm].sort_values("removed").groupby("seed"):
            axes.plot(seed["removed_fraction"], seed["value"], color=style["color"], **SEED)
        axes.plot(mean["removed_fraction"], mean["mean"], **style, **MEAN)
    pretrain = table[table["pretrain_mean"].notna()].drop_duplicates("removed").sort_values("removed")
    axes.plot(pretrain["removed_fraction"], pretrain["pretrain_mean"], **PRETRAIN)


def before_after_figure(table: pd.DataFrame, models: Names, tasks: Names, *, level: float = 0.9) -> tuple[Figure, pd.DataFrame]:
    """Heads removed before fine-tuning against heads removed after it; a row a model, a column a task.

    Args:
        table: as ``headcount.analysis.before_after.before_after_table`` gives it, of one norm a model.
            Null relative scores are left out, and counted.
        level: a horizontal line, as a share of the unpruned score.

    Returns:
        The figure, and a row for each point of a mean: model, task, arm (a key of ``ARMS``), removed (heads),
        removed_fraction, mean and sd (sample, n - 1; null for one seed) of the relative score, seeds (in the mean),
        undefined (seeds left out), pretrain_mean (relative score of masked LM without the same heads; null for
        ``after_own``), collapsed (seeds left out).

    Raises:
        ValueError: two studies or norms; an unknown arm; a row that stands twice.
    """
    points = of(table, models, tasks)
    if unknown := sorted(set(points["arm"]) - set(ARMS)):
        raise ValueError(f"arm {', '.join(unknown)}: allowed are {', '.join(ARMS)}")
    refuse_mixtures(points, ["model", "task", "arm", "seed", "removed"], "norm")
    points = points.assign(fate=fates(points, "relative_score"), pretrain=floats(points["pretrain_relative_score"]))
    points["value"] = pd.Series(floats(points["relative_score"])).where(points["fate"] == USED)
    means = _arm_table(points, models, tasks)
    handles = [Line2D([], [], **{**ARMS[arm], **MEAN}) for arm in (AFTER_OWN, AFTER_PRETRAIN)]
    handles += [Line2D([], [], **ARMS[BEFORE], **MARKED), seed_handle(), Line2D([], [], **PRETRAIN), level_handle([level])]
    places = [[(model, task) for task in tasks] for model in models]
    labels = [named.title(task) for task in tasks], [f"{model}\nrelative score (%)" for model in models]
    x = "heads removed (%)"
    with matplotlib.rc_context(RC):
        drawn = Curves(places, *labels, x, (level,), handles, points, means, _draw_arms, _arm_notes)
        return settle(drawn.figure()[0]), means
