"""Figure 4: what fine-tuning moves, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from headcount.analysis.counted import Runs
from headcount.data import tasks as named
from headcount.figures.moved import Lost, counted_rows, head_means
from headcount.figures.panels import headroom, panel_grid, say
from headcount.figures.rows import Names, cell, floats, in_order
from headcount.figures.style import LOOKS, MEAN, NOTE_SIZE, RC, SEED, Line, settle

DIVERGENCE: Line = {"color": LOOKS[0]["color"], **MEAN}
MOST: Line = {"color": LOOKS[0]["color"], "linewidth": 1.5, "dashes": (4, 1.5)}

MEASURES = {"js_mean": "attention_js", "l2": "hidden_l2"}
MAXIMA = {"js_mean": "js_max", "l2": "l2_max"}
"""Of each mean, the maximum beside it: over a layer's heads; a hidden state has none, so that it is over the seeds."""


def _layer_table(heads: pd.DataFrame, layers: pd.DataFrame) -> pd.DataFrame:
    groups = head_means(heads).groupby(["model", "task", "layer"])
    js = groups.agg(js_mean=("js_mean", "mean"), js_max=("js_mean", "max"), js_seeds=("seeds", "max"))
    states = layers.assign(hidden_l2=floats(layers["hidden_l2"])).groupby(["model", "task", "layer"])["hidden_l2"]
    table = js.join(states.agg(l2="mean", l2_max="max", l2_seeds="count"), how="outer").reset_index()
    for (model, task), rows in table.groupby(["model", "task"]):
        attention, hidden = rows["js_mean"].notna(), rows["l2"].notna()
        if attention.any() and hidden.any() and not (hidden.all() and (attention == (rows["layer"] > 0)).all()):
            raise ValueError(
                f"{model}, {task}: hidden_l2 must have one layer more than attention_js: 0, the embeddings' output"
            )
    return table.astype({"js_seeds": "Int64", "l2_seeds": "Int64"})


def _layer_panel(axes: Axes, drawn: pd.DataFrame, table: pd.DataFrame, mean: str) -> None:
    """A measure by layer: each seed's mean thin and dotted, the mean solid, the maximum dashed."""
    axes.grid(color="0.9", linewidth=0.6)
    for _, seed in drawn.groupby("seed"):
        means = seed.groupby("layer")[MEASURES[mean]].mean()
        axes.plot(means.index, means, color=DIVERGENCE["color"], **SEED)
    axes.plot(table["layer"], table[MAXIMA[mean]], **MOST)
    axes.plot(table["layer"], table[mean], **DIVERGENCE)


def _layer_row(
    row: Sequence[Axes], model: str, tasks: Names, drawn: pd.DataFrame, table: pd.DataFrame, lost: Lost, mean: str
) -> None:
    """One model's panels of one measure, on common axes."""
    table = table[(table["model"] == model) & table[mean].notna()]
    for task, axes in zip(tasks, row, strict=True):
        if not len(table):
            axes.set(xticks=[], yticks=[])
        if not len(here := cell(table, model, task)):
            say(axes, *(lost.get((model, task), []) or ["not run"]))
            continue
        _layer_panel(axes, cell(drawn, model, task), here, mean)
        axes.text(0.03, 0.98, "\n".join(lost.get((model, task), [])), transform=axes.transAxes, fontsize=NOTE_SIZE, va="top")
    if len(table):
        for axes in row:
            axes.set_xlim(-0.5, table["layer"].max() + 0.5)
            axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))
        row[0].set_ylim(bottom=0)
        headroom(row[0], max(len(lost.get((model, task), [])) for task in tasks))


def divergence_figure(
    heads: pd.DataFrame, layers: pd.DataFrame, models: Names, tasks: Names, *, collapsed: Runs = None
) -> tuple[Figure, pd.DataFrame]:
    """Figure 4: by layer, how far fine-tuning moves attention (JS divergence) and hidden states (L2); two rows a model.

    A head's JS divergence is averaged over seeds first; the figure shows mean and maximum over a layer's heads. Hidden
    states have no heads: the maximum is that of the seeds' means. Models have rows, and axes, of their own: their depths
    and widths differ.

    Args:
        heads: study, model, task, seed, layer and head (from 0), attention_js (nats, 0 … ln 2).
        layers: study, model, task, seed, layer (0: the embeddings' output), hidden_l2.
        collapsed: the runs that collapsed, as ``headcount.analysis.counted.fates`` takes them; they are left out.

    Returns:
        The figure, and a row a layer: model, task, layer (0: the embeddings' output), js_mean and js_max (null for layer
        0), l2 and l2_max, js_seeds and l2_seeds (how many are averaged).

    Raises:
        ValueError: two studies; a row that stands twice; tables whose layers do not go together.
    """
    kept_heads, lost = counted_rows(heads, models, tasks, ["layer", "head"], collapsed)
    kept_layers, lost_layers = counted_rows(layers, models, tasks, ["layer"], collapsed)
    table = in_order(_layer_table(kept_heads, kept_layers), model=models, task=tasks)
    table = table[["model", "task", "layer", "js_mean", "js_max", "l2", "l2_max", "js_seeds", "l2_seeds"]]
    handles = [
        Line2D([], [], label="mean over heads and seeds", **DIVERGENCE),
        Line2D([], [], label="maximum: of attention, over a layer's heads; of hidden states, over seeds", **MOST),
        Line2D([], [], label="one seed's mean", color="0.3", **SEED),
    ]
    with matplotlib.rc_context(RC):
        figure, grid = panel_grid(2 * len(models), [named.title(task) for task in tasks], handles, sharey="row")
        for model, js, l2 in zip(models, grid[::2], grid[1::2], strict=True):
            _layer_row(js, model, tasks, kept_heads.assign(layer=kept_heads["layer"] + 1), table, lost, "js_mean")
            _layer_row(l2, model, tasks, kept_layers, table, lost_layers, "l2")
            js[0].set_ylabel(f"{model}\nattention:\nJS divergence (nats)")
            l2[0].set_ylabel(f"{model}\nhidden states:\nL2 distance")
            for axes in l2:
                axes.set_xlabel("layer (0: embeddings)")
        return settle(figure), table
