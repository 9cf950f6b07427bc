"""Heads and single weights side by side: what is left against the share of the model's parameters that are gone."""

from __future__ import annotations

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from headcount.analysis.counted import USED, Runs, notes
from headcount.data import tasks
from headcount.data.tasks import MASKED_LM
from headcount.figures.curve_points import curve_points, curve_table
from headcount.figures.panels import Curves, beyond_the_axis, level_handle, panel_grid, say, seed_handle
from headcount.figures.rows import Names, refuse_several
from headcount.figures.style import MEAN, RC, SEED, Line, look, settle

UNITS: dict[str, Line] = {
    "head": {**look(0, "heads, the least important first"), "markevery": 0.08},
    "weight": {**look(1, "single weights, the smallest first"), "markevery": None},
}
BY = ("unit",)
SIZES = ["parameters", "head_parameters"]
"""Of a model: all of its parameters, and those that the removal of one head takes from it."""


def _sizes(curves: pd.DataFrame) -> pd.DataFrame:
    """The sizes of each model as it is asked each task."""
    groups = curves.groupby(["model", "task"])
    for keys, rows in groups:
        for column in SIZES:
            refuse_several(rows, column, "model and task", f"{', '.join(map(str, keys))}: ")
    return groups[SIZES].first()


def _points(heads: pd.DataFrame, weights: pd.DataFrame, models: Names, of_tasks: Names, collapsed: Runs) -> pd.DataFrame:
    """The points of both kinds of curves; ``removed_fraction`` is a share of the model's parameters."""
    curves = (frame.drop(columns=SIZES, errors="ignore") for frame in (heads, weights))
    parts = [curve_points(frame, models, of_tasks, BY, collapsed) for frame in curves]
    points = pd.concat(parts, ignore_index=True).join(_sizes(weights), on=["model", "task"])
    gone = points["removed"] * points["head_parameters"].where(points["unit"] == "head", 1)
    return points.assign(removed_fraction=(gone / points["parameters"]).astype(float))


def _draw(axes: Axes, points: pd.DataFrame, table: pd.DataFrame) -> None:
    """Each seed thin and dotted, each mean bold and on top."""
    for unit, style in UNITS.items():
        own, mean = (frame[frame["unit"] == unit] for frame in (points, table))
        for _, seed in own[own["fate"] == USED].sort_values("removed").groupby("seed"):
            axes.plot(seed["removed_fraction"], seed["value"], color=style["color"], **SEED)
        axes.plot(mean["removed_fraction"], mean["mean"], **{**style, **MEAN})


def _notes(points: pd.DataFrame) -> list[str]:
    return [*notes(points), *beyond_the_axis(points["value"])]


def heads_and_weights_figure(
    heads: pd.DataFrame,
    weights: pd.DataFrame,
    models: Names,
    of_tasks: Names,
    *,
    collapsed: Runs = None,
    level: float = 0.9,
) -> tuple[Figure, pd.DataFrame]:
    """Relative score against the share of the model's parameters that are gone, heads beside weights; a row a model.

    The first column is masked LM, the others are tasks. Models without both curves are left out, and those whose layers share
    their heads, where no parameters go with a head.

    Args:
        heads: in ``headcount.order.curve.COLUMNS``, of unit head, one criterion and norm a model.
        weights: likewise, of unit weight and any criteria, of which magnitude is shown; with ``parameters`` (the model's) and
            ``head_parameters`` (those that one head's removal takes from it) beside each row.
        of_tasks: of these, those that both have are shown.
        collapsed: the runs that collapsed (a metrics table will do); they are left out.
        level: a horizontal line, as a share of the unpruned score.

    Returns:
        The figure, and a row for each point of a mean: model, task, metric, unit, removed (units), share (of the parameters),
        mean and sd (sample, n - 1; null for one seed) of the relative score, seeds (in the mean), undefined and collapsed
        (seeds left out).

    Raises:
        ValueError: curves without a common mean (``headcount.figures.curves.relative_curves``); a model of two sizes.
    """
    weights = weights[(weights["criterion"] == "magnitude") & (weights["head_parameters"] > 0)]
    columns = [task for task in (MASKED_LM, *of_tasks) if {task} <= set(heads["task"]) & set(weights["task"])]
    shown = [model for model in models if {model} <= set(heads["model"]) & set(weights["model"])]
    points = _points(heads, weights, shown, columns, collapsed)
    table = curve_table(points, shown, columns, BY, [(unit,) for unit in UNITS])
    handles = [*(Line2D([], [], **{**style, **MEAN}) for style in UNITS.values()), seed_handle(), level_handle([level])]
    with matplotlib.rc_context(RC):
        if shown and columns:
            places = [[(model, task) for task in columns] for model in shown]
            labels = [tasks.title(task) for task in columns], [f"{model}\nrelative score (%)" for model in shown]
            grid = Curves(places, *labels, "parameters gone (%)", (level,), handles, points, table, _draw, _notes)
            figure = grid.figure()[0]
        else:
            figure, ((axes,),) = panel_grid(1, [""], [])
            axes.set(xticks=[], yticks=[])
            say(axes, "no model has curves of both whose layers have heads of their own")
        return settle(figure), table.rename(columns={"removed_fraction": "share"})
