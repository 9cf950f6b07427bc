"""Figure 3: recall of the required heads, beside chance."""

from __future__ import annotations

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from headcount.analysis.counted import LEFT_OUT, USED, fates, notes
from headcount.data import tasks as named
from headcount.figures.panels import Curves
from headcount.figures.rows import Names, floats, in_order, of, refuse_mixtures
from headcount.figures.style import LEVEL, LOOKS, MEAN, RC, Line, settle
from headcount.phrasing import percent

RECALL: Line = {"color": LOOKS[0]["color"], "marker": "o", "label": "recall, mean over seeds"}
RECALL_SPREAD: Line = {"color": RECALL["color"], "alpha": 0.22, "label": "± standard deviation over seeds"}
CHANCE: Line = {"color": LOOKS[1]["color"], "linestyle": "--", "linewidth": 1.3, "label": "chance: as many random heads"}
CHANCE_BAND: Line = {"color": CHANCE["color"], "linestyle": ":", "linewidth": 1, "label": "95% of random sets of heads"}

RECALL_NUMBERS = ["recall", "chance", "chance_low", "chance_high"]


def _recall_points(recall: pd.DataFrame, models: Names, tasks: Names, crossing: str) -> pd.DataFrame:
    """The figure's share of the recall table, each row with its run's ``fate``: used, or why it is left out."""
    points = of(recall, models, tasks)
    if len(points) and crossing not in set(points["crossing"]):
        raise ValueError(f"crossing {crossing!r}: the table has {', '.join(sorted(points['crossing'].unique()))}")
    points = points[points["crossing"] == crossing].reset_index(drop=True)
    refuse_mixtures(points, ["model", "task", "seed", "x"], "norm", "downstream_level")
    points = points.assign(**{name: floats(points[name]) for name in RECALL_NUMBERS})
    points = points.assign(fate=fates(points, "recall"))
    return points.assign(value=points["recall"].where(points["fate"] == USED))


def _recall_table(points: pd.DataFrame, models: Names, tasks: Names) -> pd.DataFrame:
    lost = {fate: points["fate"] == fate for fate in LEFT_OUT}
    chance = points[RECALL_NUMBERS[1:]].where(points["fate"] == USED)
    groups = points.assign(**chance, **lost).groupby(["model", "task", "x"])
    means = groups["value"].agg(mean="mean", sd="std", seeds="count")
    table = pd.concat([means, groups[RECALL_NUMBERS[1:]].mean(), groups[list(lost)].sum()], axis=1)
    return in_order(table.reset_index(), model=models, task=tasks)


def _draw_recall(axes: Axes, points: pd.DataFrame, table: pd.DataFrame) -> None:
    x, mean, sd = table["x"], table["mean"], table["sd"]
    axes.fill_between(x, table["chance_low"], table["chance_high"], color=CHANCE["color"], alpha=0.12, linewidth=0)
    for bound in ("chance_low", "chance_high"):
        axes.plot(x, table[bound], zorder=2.5, **CHANCE_BAND)
    axes.plot(x, table["chance"], zorder=2.5, **CHANCE)
    axes.fill_between(x, mean - sd, mean + sd, linewidth=0, zorder=2, **RECALL_SPREAD)
    axes.plot(x, mean, **RECALL, **MEAN)


def recall_figure(
    recall: pd.DataFrame, models: Names, tasks: Names, crossing: str = "first_crossing", *, at: float = 0.75, bar: float = 0.9
) -> tuple[Figure, pd.DataFrame]:
    """Figure 3: recall (Eq. 5) against the level on the pre-train task, beside chance; a row a model, a column a task.

    Args:
        recall: as ``headcount.analysis.recall.recall_table`` gives it, of one norm a model; both crossings may be in it.
        crossing: which of them is drawn.
        at, bar: where §4 reads the figure: this recall at this level on the pre-train task; drawn as lines.

    Returns:
        The figure, and a row for each point of a mean: model, task, x, mean and sd (sample, n - 1; null for one seed) of
        the recall, seeds (in the mean); chance, chance_low and chance_high, the means over the same seeds (the band is
        that of one random set, not of a mean over seeds); undefined, empty (no head is needed) and collapsed: the seeds
        left out.

    Raises:
        ValueError: two studies, norms or downstream levels; a row that stands twice; a crossing that the table lacks.
    """
    points = _recall_points(recall, models, tasks, crossing)
    table = _recall_table(points, models, tasks)
    shade = Line2D([], [], **RECALL_SPREAD, linewidth=7)
    read = Line2D([], [], label=f"{percent(bar, 0)} recall; {percent(at, 0)} on the pre-train task", **LEVEL)
    handles = [Line2D([], [], **RECALL, **MEAN), shade, Line2D([], [], **CHANCE), Line2D([], [], **CHANCE_BAND), read]
    places = [[(model, task) for task in tasks] for model in models]
    labels = [named.title(task) for task in tasks], [f"{model}\nrecall (%)" for model in models]
    x = "relative performance on\nthe pre-train task (%)"
    with matplotlib.rc_context(RC):
        figure, grid = Curves(places, *labels, x, (bar,), handles, points, table, _draw_recall, notes).figure()
        for axes in figure.axes:
            axes.axvline(at, **LEVEL)
        if len(table):
            grid[0][0].set_xlim(min([at, *table["x"]]) - 0.02, max([at, *table["x"]]) + 0.02)
            grid[0][0].xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        return settle(figure), table
