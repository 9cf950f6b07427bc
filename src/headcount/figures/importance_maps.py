"""Heat maps of what the heads are worth to each task, head by head."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
from matplotlib.figure import Figure

from headcount.analysis.counted import Runs
from headcount.data.tasks import MASKED_LM
from headcount.figures.heat_maps import head_maps
from headcount.figures.moved import counted_rows
from headcount.figures.rows import Names, in_order, refuse_several


def importance_maps(
    importances: pd.DataFrame, models: Names, tasks: Names, *, collapsed: Runs = None, shared: Collection[str] = ()
) -> tuple[Figure, pd.DataFrame]:
    """Importance of each head, averaged over seeds, lowest layer at the bottom; a row a model, a column a task.

    Masked LM is the last column, where importance was estimated on it. Losses of different tasks have no common scale: each map
    shows shares of its own most important head.

    Args:
        importances: study, model, task, seed, norm, layer and head (from 0), importance; of one norm a model.
        collapsed: the runs that collapsed, as ``headcount.analysis.counted.fates`` takes them; they are left out.
        shared: models whose layers share their heads, which have one row.

    Returns:
        The figure, and a row a head: model, task, norm, layer and head (from 1), importance and importance_sd (over seeds;
        sample, n - 1), seeds, share (of the largest importance on the task; 0 where all are 0).

    Raises:
        ValueError: two studies; two norms of a model; a row that stands twice.
    """
    columns = [*tasks, *({MASKED_LM} & set(importances["task"]))]
    kept, lost = counted_rows(importances, models, columns, ["layer", "head"], collapsed)
    for model, rows in kept.groupby("model"):
        refuse_several(rows, "norm", "model", f"{model}: ")
    table = in_order(_means(kept), model=models, task=columns)
    label = "importance: share of\nthe task's largest"
    return head_maps(table, models, columns, "share", label, lambda model: 1.0, lost, shared), table


def _means(kept: pd.DataFrame) -> pd.DataFrame:
    numbered = kept.assign(layer=kept["layer"] + 1, head=kept["head"] + 1)
    groups = numbered.groupby(["model", "task", "norm", "layer", "head"])["importance"]
    table = groups.agg(importance="mean", importance_sd="std", seeds="count").reset_index()
    largest = table.groupby(["model", "task"])["importance"].transform("max")
    return table.assign(share=(table["importance"] / largest.where(largest > 0)).fillna(0.0))
