"""Heat maps of heads: a row a layer, a column a head; panels of models and tasks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from headcount.data import tasks as named
from headcount.figures.panels import panel_grid, say
from headcount.figures.rows import Names, cell
from headcount.figures.style import RC, settle

MAP_HEIGHT = (1.1, 3.3)  # inches: the lowest and the highest heat map


def _map(axes: Axes, table: pd.DataFrame, value: str, scale: Normalize) -> Any:
    matrix = table.pivot(index="layer", columns="head", values=value)
    layers, heads = matrix.shape
    edges = (0.5, heads + 0.5, 0.5, layers + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 4, 5, 10], integer=True, min_n_ticks=1))
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 4, 5, 10], integer=True, min_n_ticks=1))
    return axes.imshow(matrix, origin="lower", extent=edges, aspect="auto", norm=scale, interpolation="nearest")


def head_maps(
    table: pd.DataFrame,
    models: Names,
    tasks: Names,
    value: str,
    label: str,
    largest: Callable[[str], float],
    lost: Mapping[tuple[str, str], list[str]],
    shared: Collection[str] = (),
) -> Figure:
    """A map a model (row) and task (column), the lowest layer at the bottom; each model has one colour scale, from 0.

    Args:
        table: a row a head: model, task, layer and head (from 1), and the column ``value``; label: what that is.
        largest: of a model, the end of its scale.
        lost: lines that say which seeds a panel leaves out.
        shared: models whose layers share their heads, so that one row stands for all of them.
    """
    sizes = [table.loc[table["model"] == model, ["layer", "head"]].max() for model in models]
    heights = [float(np.clip(2.0 * size["layer"] / size["head"], *MAP_HEIGHT)) if size.notna().all() else 1.1 for size in sizes]
    with matplotlib.rc_context(RC):
        figure, grid = panel_grid(
            len(models), [named.title(task) for task in tasks], [], heights=[height + 0.45 for height in heights]
        )
        for model, row in zip(models, grid, strict=True):
            image, scale = None, Normalize(0, largest(model))
            for task, axes in zip(tasks, row, strict=True):
                if len(here := cell(table, model, task)):
                    image = _map(axes, here, value, scale)
                    axes.set_xlabel("\n".join(["head", *lost.get((model, task), [])]))
                    if model in shared:
                        axes.set_yticks([])
                else:
                    axes.set(xticks=[], yticks=[])
                    say(axes, *(lost.get((model, task), []) or ["not run"]))
            row[0].set_ylabel(f"{model}\n{'all layers' if model in shared else 'layer'}")
            if image is not None:
                figure.colorbar(image, ax=row, label=label, pad=0.01)
        return settle(figure)
