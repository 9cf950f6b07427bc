"""Curves of pruned models: figures 1, 2 and 5, and units of several kinds side by side; no score is computed here.

Each figure comes with the table behind it. Relative scores are shares of the unpruned model's score (1 = unpruned). A run
that does not count (``headcount.analysis.counted``) is never averaged in: panel and table count it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from headcount.analysis.counted import USED, Runs, notes
from headcount.data import metrics, tasks
from headcount.data.tasks import MASKED_LM
from headcount.figures.curve_points import curve_points, curve_table, series_of
from headcount.figures.names import NAMES, units_name
from headcount.figures.panels import Curves, beyond_the_axis, level_handle, seed_handle
from headcount.figures.rows import Names
from headcount.figures.style import CONSTANT, MEAN, ONE_ORDER, RC, SEED, Line, look, settle


def _notes(points: pd.DataFrame) -> list[str]:
    """The lines that tell a panel's reader which runs it leaves out, and what its axis cuts off."""
    return [*notes(points), *beyond_the_axis(points["value"])]


@dataclass(frozen=True)
class _Drawing:
    """Curves of some models on some tasks: ``series`` are told apart by colour, by the columns ``by``."""

    points: pd.DataFrame
    table: pd.DataFrame
    by: Names
    series: Sequence[tuple[str, ...]]
    one_order: Collection[str]
    levels: Sequence[float]

    def look(self, model: str, names: tuple[str, ...]) -> Line:
        """How a curve is drawn; where layers share their heads, no norm is told from another."""
        if "norm" in self.by and model in self.one_order:
            return ONE_ORDER
        label = ", ".join(NAMES[column](name) for column, name in zip(self.by, names, strict=True))
        return look(self.series.index(names), label)

    def draw(self, axes: Axes, points: pd.DataFrame, table: pd.DataFrame) -> None:
        """One panel: each seed thin and dotted, each mean bold and on top."""
        for names in self.series:
            own, mean = (frame[(frame[list(self.by)] == list(names)).all(axis=1)] for frame in (points, table))
            if mean.empty:
                continue
            style = self.look(str(mean["model"].iloc[0]), names)
            for _, seed in own[own["fate"] == USED].sort_values("removed").groupby("seed"):
                axes.plot(seed["removed_fraction"], seed["value"], color=style["color"], **SEED)
            axes.plot(mean["removed_fraction"], mean["mean"], **style, **MEAN)
        for constant in self._constants(table):
            axes.axhline(constant, **CONSTANT)

    @staticmethod
    def _constants(table: pd.DataFrame) -> list[float]:
        """What the best constant answer scores in a panel, where that is known."""
        return table["constant"].dropna().unique().tolist() if "constant" in table else []

    def handles(self) -> list[Line2D]:
        """The legend: the curves that are there, single seeds, the best constant answer, the levels."""
        defined = self.table[self.table["mean"].notna()]
        keys = defined[["model", *self.by]].drop_duplicates().itertuples(index=False, name=None)
        there = [(names, self.look(model, names)) for model, *rest in keys for names in [tuple(rest)]]
        there.sort(key=lambda found: (found[1] is ONE_ORDER, self.series.index(found[0])))
        looks = {style["label"]: style for _, style in there}
        found = [Line2D([], [], **style, **MEAN) for style in looks.values()]
        found += [seed_handle()] if found else []
        found += [Line2D([], [], **CONSTANT)] if self._constants(self.table) else []
        return [*found, *([level_handle(self.levels)] if self.levels else [])]

    def figure(self, places: Sequence[Sequence[tuple[str, str]]], titles: Sequence[str], rows: Sequence[str]) -> Figure:
        """Panels at the (model, task) of ``places``."""
        units = self.points["unit"].unique()
        x = f"{units_name(units[0]) if len(units) == 1 else 'units'} removed (%)"
        with matplotlib.rc_context(RC):
            panels = Curves(places, titles, rows, x, self.levels, self.handles(), self.points, self.table, self.draw, _notes)
            return settle(panels.figure()[0])


def _drawing(
    curves: pd.DataFrame,
    models: Names,
    of_tasks: Names,
    by: str | Sequence[str],
    order: Sequence[str],
    collapsed: Runs,
    one_order: Collection[str] | None,
    levels: Sequence[float],
    constants: pd.DataFrame | None = None,
) -> _Drawing:
    columns = [by] if isinstance(by, str) else list(by)
    if not columns or not set(columns) <= set(NAMES):
        raise ValueError(f"colours by {', '.join(columns) or 'nothing'}: allowed are {', '.join(NAMES)}")
    points = curve_points(curves, models, of_tasks, columns, collapsed)
    if one_order is None:
        one_order = {str(model) for model, norms in points.groupby("model")["norm"] if set(norms) == {"none"}}
    series = series_of(points, columns, order)
    table = curve_table(points, models, of_tasks, columns, series)
    if constants is not None:
        table = table.merge(constants[["model", "task", "constant"]], "left", ["model", "task"], validate="many_to_one")
    return _Drawing(points, table, columns, series, one_order, levels)


def _metrics(points: pd.DataFrame, task: str) -> list[str]:
    return [metrics.title(name) for name in points.loc[points["task"] == task, "metric"].unique()]


def relative_curves(
    curves: pd.DataFrame,
    models: Names,
    of_tasks: Names,
    *,
    by: str | Sequence[str] = "norm",
    order: Sequence[str] = (),
    collapsed: Runs = None,
    one_order: Collection[str] | None = None,
    levels: Sequence[float] = (0.9,),
    constants: pd.DataFrame | None = None,
) -> tuple[Figure, pd.DataFrame]:
    """Figure 1: relative score against the share of units removed; a row a model, a column a task, in the order given.

    Args:
        curves: in ``headcount.order.curve.COLUMNS``.
        by: the column, or columns, that the colours tell apart: ``norm``, ``criterion``, ``unit``.
        order: names in those columns, in the order of the colours; what it lacks follows as it stands in the curves.
        collapsed: the runs that collapsed (a metrics table will do); one that is undefined too counts as collapsed.
        one_order: models whose heads stand in one row, so that every norm gives the same order; unset: those whose only
            norm in ``curves`` is ``none``.
        levels: horizontal lines, as shares of the unpruned score.
        constants: as ``headcount.analysis.scores.constant_shares`` gives them; a line in each panel.

    Returns:
        The figure, and a row for each point of a mean: model, task, metric, the columns ``by``, removed (units),
        removed_fraction (0 to 1), mean and sd (sample, n - 1; null for one seed) of the relative score, seeds (in the mean),
        undefined and collapsed (seeds left out: the three add up to the seeds run); with ``constants``, constant, what the best
        constant answer scores relative to the unpruned model. The points of single seeds stay in ``curves``.

    Raises:
        ValueError: curves without a common mean: two studies or schedules; two units, criteria or norms that the colours do
            not tell apart; an unknown norm; a point that stands twice; seeds with different points; a run with null relative
            scores at some points only.
    """
    drawing = _drawing(curves, models, of_tasks, by, order, collapsed, one_order, levels, constants)
    places = [[(model, task) for task in of_tasks] for model in models]
    titles = ["\n".join([tasks.title(task), *_metrics(drawing.points, task)]) for task in of_tasks]
    return drawing.figure(places, titles, [f"{model}\nrelative score (%)" for model in models]), drawing.table


def masked_lm_curves(
    curves: pd.DataFrame,
    models: Names,
    *,
    order: Sequence[str] = (),
    one_order: Collection[str] | None = None,
    levels: Sequence[float] = (0.9, 0.75),
) -> tuple[Figure, pd.DataFrame]:
    """Figure 2: relative Recall@1 of masked LM (task ``mlm``) against the share of heads removed, models side by side.

    Arguments, table and errors are those of ``relative_curves``; 0.75 is the level at which the paper's §4 reads it.
    """
    drawing = _drawing(curves, models, [MASKED_LM], "norm", order, None, one_order, levels)
    label = f"masked LM\nrelative {', '.join(_metrics(drawing.points, MASKED_LM)) or 'score'} (%)"
    return drawing.figure([[(model, MASKED_LM) for model in models]], models, [label]), drawing.table
