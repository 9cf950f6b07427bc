"""Heat maps of what fine-tuning moves, head by head."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from headcount.analysis.counted import Runs
from headcount.figures.heat_maps import head_maps
from headcount.figures.moved import counted_rows, head_means
from headcount.figures.rows import Names, in_order


def divergence_maps(heads: pd.DataFrame, models: Names, tasks: Names, *, collapsed: Runs = None) -> tuple[Figure, pd.DataFrame]:
    """JS divergence of each head, averaged over seeds, lowest layer at the bottom; a row a model, a column a task.

    Each model has one colour scale from 0 to its largest value.

    Args, errors:
        As ``divergence_figure``.

    Returns:
        The figure, and a row a head: model, task, layer and head (from 1), js_mean and js_sd (over seeds; sample, n - 1),
        seeds.
    """
    kept, lost = counted_rows(heads, models, tasks, ["layer", "head"], collapsed)
    table = in_order(head_means(kept), model=models, task=tasks)

    def largest(model: str) -> float:
        return float(table.loc[table["model"] == model, "js_mean"].max())

    return head_maps(table, models, tasks, "js_mean", "JS divergence (nats)", largest, lost), table
