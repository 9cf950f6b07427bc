"""What the curves of figures 1, 2 and 5 are drawn from: points with their fates, and means over seeds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd

from headcount.figures.style import LOOKS

Run = tuple[str, str, int]
"""(model, task, seed)."""
Runs: TypeAlias = Collection[Run] | pd.DataFrame | None
"""Runs, or a frame with columns model, task, seed; with a column ``collapsed`` too, its rows where that is true."""

POINT = ["model", "task", "norm", "seed", "removed"]


def collapsed_runs(collapsed: Runs) -> set[Run]:
    if not isinstance(collapsed, pd.DataFrame):
        return set(collapsed or ())
    rows = collapsed[collapsed["collapsed"].astype(bool)] if "collapsed" in collapsed else collapsed
    return set(zip(rows["model"], rows["task"], rows["seed"], strict=True))


def _refuse_mixtures(curves: pd.DataFrame) -> None:
    """Averages over points that do not belong together would look like any other."""
    for column in ("study", "unit", "criterion", "schedule"):
        if curves[column].nunique() > 1:
            raise ValueError(f"one {column} a figure, not {sorted(curves[column].unique())}: select one of them first")
    if unknown := sorted(set(curves["norm"]) - set(LOOKS)):
        raise ValueError(f"norm {', '.join(unknown)}: allowed are {', '.join(LOOKS)}")
    if len(twice := curves[curves.duplicated(POINT)]):
        raise ValueError(f"a point stands in the curves twice: {twice[POINT].iloc[0].to_dict()}")
    for (model, task, norm), group in curves.groupby(["model", "task", "norm"]):
        if group.groupby("removed")["seed"].count().nunique() > 1:
            raise ValueError(f"{model}, {task}, norm {norm}: the seeds' curves have different points")


def _fates(curves: pd.DataFrame, collapsed: set[Run]) -> pd.DataFrame:
    """The curves with ``fate``: used, undefined or collapsed; one a run, so that the counts add up to the seeds."""
    score = curves["relative_score"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    labelled = curves.assign(relative_score=score, fate="used")
    for (model, task, seed), group in labelled.groupby(["model", "task", "seed"]):
        missing = group["relative_score"].isna()
        if (model, task, seed) in collapsed:
            labelled.loc[group.index, "fate"] = "collapsed"
        elif missing.all():
            labelled.loc[group.index, "fate"] = "undefined"
        elif missing.any():
            raise ValueError(
                f"{model}, {task}, seed {seed}: relative_score is null at {missing.sum()} of {len(missing)} points;"
                " it is null at all of a run's points (unpruned score <= 0) or at none"
            )
    return labelled


def _points(curves: pd.DataFrame, models: Sequence[str], tasks: Sequence[str], collapsed: Runs) -> pd.DataFrame:
    """The figure's share of the curves, checked, each row with its run's fate."""
    chosen = curves[curves["model"].isin(models) & curves["task"].isin(tasks)].reset_index(drop=True)
    _refuse_mixtures(chosen)
    return _fates(chosen, collapsed_runs(collapsed))


def _table(points: pd.DataFrame, models: Sequence[str], tasks: Sequence[str]) -> pd.DataFrame:
    """One row a (model, task, norm, removed), in the figure's reading order."""
    used = points["relative_score"].where(points["fate"] == "used")
    lost = {fate: points["fate"] == fate for fate in ("undefined", "collapsed")}
    groups = points.assign(used=used, **lost).groupby(["model", "task", "metric", "norm", "removed"])
    means = groups["used"].agg(mean="mean", sd="std", seeds="count")
    table = pd.concat([groups["removed_fraction"].first(), means, groups[list(lost)].sum()], axis=1).reset_index()
    ranks = {name: rank for names in (models, tasks, LOOKS) for rank, name in enumerate(names)}
    order = ["model", "task", "norm", "removed"]
    return table.sort_values(order, key=lambda keys: keys.map(lambda key: ranks.get(key, key)), ignore_index=True)
