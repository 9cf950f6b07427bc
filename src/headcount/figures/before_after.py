"""Heads removed before fine-tuning against heads removed after it."""

from __future__ import annotations

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from headcount.figures.curve_panels import _curve_panels
from headcount.figures.curves import LEVEL, MEAN, SEED, SPREAD
from headcount.figures.panels import Names, floats, in_order, refuse_mixtures
from headcount.figures.style import LOOKS, RC, Line, seeds_text, settle

ARMS: dict[str, Line] = {
    "after_own": LOOKS["l1"] | {"label": "after fine-tuning, in the task's own order"},
    "after_pretrain": LOOKS["l2"] | {"label": "after fine-tuning, in the pre-train task's order"},
    "before": {"label": "before fine-tuning, in the pre-train task's order", "color": "black", "marker": "D"},
}
"""When heads were removed, and in which order."""
MARKED: Line = {"linestyle": "none", "markersize": 7, "markeredgecolor": "white", "zorder": 4}
PRETRAIN: Line = {"label": "masked LM without the same heads", "color": "0.45", "linewidth": 1.2, "linestyle": "-."}


def _arm_table(points: pd.DataFrame, models: Names, tasks: Names) -> pd.DataFrame:
    groups = points.assign(undefined=points["value"].isna()).groupby(["model", "task", "arm", "removed"])
    means = groups["value"].agg(mean="mean", sd="std", seeds="count")
    pretrain = groups["pretrain"].mean().rename("pretrain_mean")
    table = pd.concat([groups["removed_fraction"].first(), means, groups["undefined"].sum(), pretrain], axis=1)
    return in_order(table.reset_index(), model=models, task=tasks, arm=list(ARMS))


def _arm_notes(points: pd.DataFrame) -> list[str]:
    lost = points["value"].isna().groupby(points["seed"]).all()
    lines = [f"{lost.sum()} of {seeds_text(len(lost))} collapsed or undefined"] if lost.any() else []
    for bound, beyond in (("down", points["value"].min()), ("up", points["value"].max())):
        if beyond < SPREAD[0] or beyond > SPREAD[1]:
            lines.append(f"beyond the axis: {bound} to {beyond:.0%}")
    return lines


def _draw_arms(axes: Axes, points: pd.DataFrame, table: pd.DataFrame) -> None:
    for arm, mean in table.groupby("arm", sort=False):
        look = ARMS[str(arm)]
        if arm == "before":
            axes.errorbar(mean["removed_fraction"], mean["mean"], yerr=mean["sd"], capsize=3, **look, **MARKED)
            continue
        for _, seed in points[points["arm"] == arm].sort_values("removed").groupby("seed"):
            axes.plot(seed["removed_fraction"], seed["value"], color=look["color"], **SEED)
        axes.plot(mean["removed_fraction"], mean["mean"], **look, **MEAN)
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
        ``after_own``).

    Raises:
        ValueError: two studies or norms; an unknown arm; a row that stands twice.
    """
    points = table[table["model"].isin(models) & table["task"].isin(tasks)].reset_index(drop=True)
    if unknown := sorted(set(points["arm"]) - set(ARMS)):
        raise ValueError(f"arm {', '.join(unknown)}: allowed are {', '.join(ARMS)}")
    refuse_mixtures(points, ["model", "task", "arm", "seed", "removed"], "norm")
    numbers = {"value": "relative_score", "pretrain": "pretrain_relative_score"}
    points = points.assign(**{name: floats(points[column]) for name, column in numbers.items()})
    means = _arm_table(points, models, tasks)
    handles = [Line2D([], [], **{**ARMS[arm], **MEAN}) for arm in ("after_own", "after_pretrain")]
    handles.append(Line2D([], [], **ARMS["before"], **MARKED))
    handles += [Line2D([], [], color="0.3", label="one seed (bold: mean over seeds)", **SEED), Line2D([], [], **PRETRAIN)]
    handles.append(Line2D([], [], label=f"{level:.0%} of the unpruned score", **LEVEL))
    labels = ("heads removed (%)", "relative score (%)", level)
    with matplotlib.rc_context(RC):
        figure, _ = _curve_panels(points, means, handles, _draw_arms, _arm_notes, labels, models=models, tasks=tasks)
        return settle(figure), means
