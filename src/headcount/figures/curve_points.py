"""What figures of curves are drawn from: points with the fates of their runs, and means over seeds."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from headcount.analysis.counted import USED, Runs, fates
from headcount.figures.rows import Names, floats, of, refuse_several
from headcount.order.norms import NORMS

MADE_OF = ("unit", "criterion", "norm")
"""What tells one curve of a run from another."""


def _refuse_mixtures(curves: pd.DataFrame, by: Names) -> None:
    """Averages over points that do not belong together would look like any other."""
    single = {"study", "schedule"} | {column for column in MADE_OF[:2] if column not in by}
    single -= {"criterion"} if "unit" in by else set()
    for column in sorted(single):
        refuse_several(curves, column, "figure")
    for norm in curves["norm"].unique():
        NORMS[norm]
    point = ["model", "task", *MADE_OF, "seed", "removed"]
    if len(twice := curves[curves.duplicated(point)]):
        raise ValueError(f"a point stands in the curves twice: {twice[point].iloc[0].to_dict()}")
    for keys, rows in curves.groupby(["model", *by]):
        for column in MADE_OF:
            refuse_several(rows, column, "colour", f"{', '.join(map(str, keys))}: ")
    for keys, rows in curves.groupby(["model", "task", *MADE_OF]):
        if rows.groupby("removed")["seed"].count().nunique() > 1:
            raise ValueError(f"{', '.join(map(str, keys))}: the seeds' curves have different points")


def curve_points(curves: pd.DataFrame, models: Names, tasks: Names, by: Names, collapsed: Runs) -> pd.DataFrame:
    """The figure's share of the curves, checked, each row with its run's fate.

    A run has one fate, so that the counts add up to the seeds. ``value`` is the relative score of a run that counts.
    """
    chosen = of(curves, models, tasks)
    _refuse_mixtures(chosen, by)
    chosen = chosen.assign(fate=fates(chosen, "relative_score", collapsed), value=floats(chosen["relative_score"]))
    return chosen.assign(value=chosen["value"].where(chosen["fate"] == USED))


def series_of(points: pd.DataFrame, by: Names, order: Sequence[str]) -> list[tuple[str, ...]]:
    """What the colours tell apart: those in ``order`` first, the others as they stand in the curves."""
    found = list(points[list(by)].drop_duplicates().itertuples(index=False, name=None))
    rank = {name: place for place, name in enumerate(order)}
    return sorted(found, key=lambda names: min(rank.get(name, len(rank)) for name in names))


def curve_table(
    points: pd.DataFrame, models: Names, tasks: Names, by: Names, series: Sequence[tuple[str, ...]]
) -> pd.DataFrame:
    """One row a (model, task, series, removed), in the figure's reading order."""
    lost = {fate: points["fate"] == fate for fate in ("undefined", "collapsed")}
    groups = points.assign(**lost).groupby(["model", "task", "metric", *by, "removed"])
    means = groups["value"].agg(mean="mean", sd="std", seeds="count")
    table = pd.concat([groups["removed_fraction"].first(), means, groups[list(lost)].sum()], axis=1).reset_index()
    ranks = {name: rank for names in (models, tasks) for rank, name in enumerate(names)}
    places = {names: rank for rank, names in enumerate(series)}
    rank = [places[names] for names in table[list(by)].itertuples(index=False, name=None)]
    keys = pd.DataFrame({"model": table["model"].map(ranks), "task": table["task"].map(ranks), "series": rank})
    keys = keys.assign(removed=table["removed"]).sort_values(["model", "task", "series", "removed"])
    return table.loc[keys.index].reset_index(drop=True)
