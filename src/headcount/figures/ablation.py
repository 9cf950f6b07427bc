"""What disabling outlier features does: the loss of masked LM and the scores of the tasks, beside random features."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from headcount.analysis.counted import USED, Runs, fates, notes
from headcount.data import metrics, tasks
from headcount.data.tasks import MASKED_LM
from headcount.figures.panels import NOTE, Grid, panel_grid, say
from headcount.figures.rows import Names, cell, floats, in_order, of, refuse_mixtures
from headcount.figures.style import LEVEL, LOOKS, NOTE_SIZE, RC, Line, settle

ARMS = ("none", "outlier", "all", "random")
REPLACED: dict[str, Line] = {
    "none": {"color": "black", "marker": "D", "label": "the whole model"},
    "zero": {"color": LOOKS[1]["color"], "marker": "s", "label": "replaced by zero"},
    "mean": {"color": LOOKS[0]["color"], "marker": "o", "label": "replaced by its mean"},
}
"""What takes the place of a feature."""
OFFSET = {"none": 0.0, "zero": -0.17, "mean": 0.17}
"""Rows that a marker lies below the middle of its own."""
MEAN: Line = {"linestyle": "none", "markersize": 5, "markeredgecolor": "white", "markeredgewidth": 0.5, "zorder": 3}
POINT: Line = {"linestyle": "none", "marker": "o", "markersize": 3, "markeredgewidth": 0, "alpha": 0.45, "zorder": 2}
NAMED = 12
"""Outliers that have a row of their own, at most."""
ROW, MARGIN = 0.27, 0.3  # inches
KEYS = ["model", "task", "measure", "metric", "replace", "arm", "features", "count"]


def _points(ablations: pd.DataFrame, models: Names, of_tasks: Names, collapsed: Runs) -> pd.DataFrame:
    """The figure's share of the ablations, checked, each row with its run's fate; ``value`` is what is drawn of it."""
    points = of(ablations, models, of_tasks)
    for column, known in {"arm": ARMS, "replace": REPLACED}.items():
        if unknown := sorted(set(points[column]) - set(known)):
            raise ValueError(f"{column} {', '.join(unknown)}: allowed are {', '.join(known)}")
    refuse_mixtures(points, ["model", "task", "seed", "replace", "arm", "features", "draw"])
    for (model, task), rows in points.groupby(["model", "task"]):
        if (several := rows.loc[rows["arm"] == "all", "features"].unique()).size > 1:
            raise ValueError(f"{model}, {task}: one set of outliers a model, not {' and '.join(several)}")
    masked = points["task"] == MASKED_LM
    points = points.assign(
        measure=np.where(masked, "loss", "score"),
        value=np.where(masked, floats(points["loss"]), floats(points["score"])),
        relative=np.where(masked, floats(points["relative_loss"]), floats(points["relative_score"])),
    )
    points = points.assign(fate=fates(points, "relative", collapsed))
    used = points["fate"] == USED
    return points.assign(value=points["value"].where(used), relative=points["relative"].where(used))


def _table(points: pd.DataFrame, models: Names, of_tasks: Names) -> pd.DataFrame:
    """One row a mean, in the figure's reading order: outliers as they stand in the set of all."""
    random = points["arm"] == "random"
    sets = points.assign(features=points["features"].where(~random, ""))
    lost = {fate: sets["seed"].where(sets["fate"] == fate) for fate in ("undefined", "collapsed")}
    runs = sets["seed"].where(sets["fate"] == USED)
    groups = sets.assign(**lost, runs=runs).groupby(KEYS, sort=False)
    means = groups["value"].agg(mean="mean", sd="std", points="count")
    relative, seeds = groups["relative"].mean(), groups["runs"].nunique().rename("seeds")
    table = pd.concat([means, relative, seeds, groups[list(lost)].nunique()], axis=1).reset_index()
    return in_order(table, model=models, task=of_tasks, replace=list(REPLACED), arm=list(ARMS))


@dataclass(frozen=True)
class _Rows:
    """The rows of one model's panels, from the top: the whole model, each outlier alone, all of several, random sets."""

    outlying: Sequence[int]

    @property
    def named(self) -> Sequence[int]:
        return self.outlying[:NAMED]

    @property
    def labels(self) -> list[str]:
        count = len(self.outlying)
        alone = [f"without {feature}" for feature in self.named]
        every = [f"without all {count}"] if count > 1 else []
        return ["whole model", *alone, *every, *([f"without random {count}"] if count else [])]

    @property
    def height(self) -> float:
        return ROW * len(self.labels) + MARGIN

    def place(self, arm: str, features: str) -> int | None:
        """The row of an arm; none for an outlier that has no row of its own, and for all of them if that is one."""
        if arm == "outlier":
            (feature,) = json.loads(features)
            return 1 + self.named.index(feature) if feature in self.named else None
        if arm == "all":
            return len(self.named) + 1 if len(self.outlying) > 1 else None
        return 0 if arm == "none" else len(self.labels) - 1


def _rows(points: pd.DataFrame, model: str) -> _Rows:
    sets = points.loc[(points["model"] == model) & (points["arm"] == "all"), "features"]
    return _Rows(json.loads(sets.iloc[0]) if len(sets) else [])


# ------------------------------------------------------------------------------------------------------------- drawing


def _panel(axes: Axes, points: pd.DataFrame, table: pd.DataFrame, rows: _Rows) -> None:
    """A small dot a run, and for random sets a draw; a marker their mean."""
    axes.grid(axis="x", color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)
    for _, mean in table[table["mean"].notna()].iterrows():
        place = rows.place(mean["arm"], mean["features"])
        if place is None:
            continue
        look = REPLACED[mean["replace"]]
        y = place + (0.0 if mean["arm"] == "random" else OFFSET[mean["replace"]])
        own = points[(points["arm"] == mean["arm"]) & (points["replace"] == mean["replace"])]
        own = own if mean["arm"] == "random" else own[own["features"] == mean["features"]]
        values = np.sort(own["value"].dropna())
        spread = np.linspace(-0.22, 0.22, len(values)) if mean["arm"] == "random" else np.zeros(len(values))
        axes.plot(values, y + spread, **{**POINT, "color": look["color"]})
        axes.plot([mean["mean"]], [y], **{**look, **MEAN})
        if mean["arm"] == "none":
            axes.axvline(mean["mean"], **LEVEL)


def _model_row(row: Sequence[Axes], model: str, of_tasks: Names, points: pd.DataFrame, table: pd.DataFrame) -> None:
    """One model's panels. Notes lie below the lowest row, in a band that they have to themselves."""
    rows = _rows(points, model)
    why = [] if rows.outlying else ["no outlier features: none disabled"]
    told = {task: notes(here) if len(here := cell(points, model, task)) else [] for task in of_tasks}
    band = max(len([*said, *why]) for said in told.values()) * NOTE_SIZE * 1.35 / 72 / ROW
    for task, axes in zip(of_tasks, row, strict=True):
        here, behind = cell(points, model, task), cell(table, model, task)
        axes.set_ylim(len(rows.labels) - 0.5 + band, -0.5)
        axes.set_yticks(range(len(rows.labels)), rows.labels if axes is row[0] else [])
        axes.tick_params(axis="y", length=0)
        if not behind["mean"].notna().any():
            axes.set_xticks([])
            say(axes, *(told[task] or ["not run"]))
            continue
        _panel(axes, here, behind, rows)
        if said := "\n".join([*told[task], *why]):
            axes.text(0.02, 0.02, said, transform=axes.transAxes, fontsize=NOTE_SIZE, va="bottom", zorder=3, **NOTE)
        axes.set_xlabel("loss (nats)" if task == MASKED_LM else metrics.title(behind["metric"].iloc[0]))
    row[0].set_ylabel(model, fontweight="bold")


def _scales(grid: Grid, of_tasks: Names, points: pd.DataFrame) -> None:
    """Losses from 0, each model's on an axis of its own; all scores on one, which has 0 and 1."""
    scores = points.loc[points["measure"] == "score", "value"].dropna()
    low, high = min([0.0, *scores]), max([1.0, *scores])
    for row in grid:
        for task, axes in zip(of_tasks, row, strict=True):
            if task == MASKED_LM:
                if axes.lines:
                    axes.set_xlim(0, 1.06 * max(float(np.max(line.get_xdata())) for line in axes.lines))
                    axes.xaxis.set_major_locator(MaxNLocator(4))
            elif axes.lines:
                axes.set_xlim(low - 0.03, high + 0.03)
                axes.set_xticks([tick for tick in (-1, -0.5, 0, 0.5, 1) if low <= tick <= high])


def ablation_figure(
    ablations: pd.DataFrame, models: Names, of_tasks: Names, *, collapsed: Runs = None
) -> tuple[Figure, pd.DataFrame]:
    """What is left without each outlier, without all of them, and without as many random features; a row a model.

    The first column has the loss of masked LM, the others the score of a task.

    Args:
        ablations: in ``headcount.analysis.ablation.ABLATION_COLUMNS``.
        of_tasks: the downstream tasks, in the order of the columns.
        collapsed: the runs that collapsed (a metrics table will do); they are left out.

    Returns:
        The figure, and a row a mean: model, task, measure (``loss`` or ``score``), metric, replace, arm, features (a JSON list;
        empty for random sets), count (features disabled), mean and sd (sample, n - 1; null for one) over the points (runs, and
        for random sets their draws), points, relative (mean of each to its run's whole model), seeds, undefined and collapsed
        (seeds left out).

    Raises:
        ValueError: two studies; a row that stands twice; several sets of outliers in a model; an unknown arm or replacement.
    """
    columns = [MASKED_LM, *of_tasks]
    points = _points(ablations, models, columns, collapsed)
    table = _table(points, models, columns)
    used = [look for replace, look in REPLACED.items() if replace in set(points["replace"])]
    handles = [Line2D([], [], **{**look, **MEAN}) for look in used]
    handles.append(Line2D([], [], label="one seed, and of random features one draw", **{**POINT, "color": "0.3"}))
    handles.append(Line2D([], [], label="the whole model's mean", **LEVEL))
    with matplotlib.rc_context(RC):
        heights = [_rows(points, model).height + 0.25 for model in models]
        figure, grid = panel_grid(len(models), [tasks.title(task) for task in columns], handles, heights=heights)
        for model, row in zip(models, grid, strict=True):
            _model_row(row, model, columns, points, table)
        _scales(grid, columns, points)
        return settle(figure), table
