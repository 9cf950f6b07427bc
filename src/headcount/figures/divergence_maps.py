"""Heat maps of what fine-tuning moves, head by head."""

from __future__ import annotations

from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from headcount.analysis.counted import Runs
from headcount.data import tasks as named
from headcount.figures.moved import counted_rows, head_means
from headcount.figures.panels import panel_grid, say
from headcount.figures.rows import Names, cell, in_order
from headcount.figures.style import RC, settle

MAP_HEIGHT = (1.1, 3.3)  # inches: the lowest and the highest heat map


def _map(axes: Axes, table: pd.DataFrame, scale: Normalize) -> Any:
    matrix = table.pivot(index="layer", columns="head", values="js_mean")
    layers, heads = matrix.shape
    edges = (0.5, heads + 0.5, 0.5, layers + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 4, 5, 10], integer=True, min_n_ticks=1))
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 4, 5, 10], integer=True, min_n_ticks=1))
    return axes.imshow(matrix, origin="lower", extent=edges, aspect="auto", norm=scale, interpolation="nearest")


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
    sizes = [table.loc[table["model"] == model, ["layer", "head"]].max() for model in models]
    heights = [float(np.clip(2.0 * size["layer"] / size["head"], *MAP_HEIGHT)) if size.notna().all() else 1.1 for size in sizes]
    with matplotlib.rc_context(RC):
        figure, grid = panel_grid(
            len(models), [named.title(task) for task in tasks], [], heights=[height + 0.45 for height in heights]
        )
        for model, row in zip(models, grid, strict=True):
            scale = Normalize(0, table.loc[table["model"] == model, "js_mean"].max())
            image = None
            for task, axes in zip(tasks, row, strict=True):
                if len(here := cell(table, model, task)):
                    image = _map(axes, here, scale)
                    axes.set_xlabel("\n".join(["head", *lost.get((model, task), [])]))
                else:
                    axes.set(xticks=[], yticks=[])
                    say(axes, *(lost.get((model, task), []) or ["not run"]))
            row[0].set_ylabel(f"{model}\nlayer")
            if image is not None:
                figure.colorbar(image, ax=row, label="JS divergence (nats)", pad=0.01)
        return settle(figure), table
