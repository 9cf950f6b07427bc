"""Figures 4 and 6, and heat maps: what fine-tuning moves, and whether it moves the important heads; from tables alone.

Layers and heads count from 1 in figures and in the tables behind them (layer 0: the embeddings' output); the tables that
are read count a head's layer and the head from 0. A run that collapsed in fine-tuning is left out, and panels count it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FormatStrFormatter, MaxNLocator

from headcount.figures.curves import MEAN, PANEL_HEIGHT, SEED, Runs, collapsed_runs
from headcount.figures.panels import Names, cell, floats, in_order, panel_grid, refuse_mixtures, say, signed
from headcount.figures.style import LOOKS, NOTE_SIZE, RC, Line, seeds_text, settle

DIVERGENCE: Line = {"color": LOOKS["l1"]["color"], **MEAN}
MOST: Line = {"color": LOOKS["l1"]["color"], "linewidth": 1.5, "dashes": (4, 1.5)}
REGRESSION: Line = {"color": "black", "linewidth": 1.8, "zorder": 3}
SEEDS = ("#4477AA", "#EE6677", "#228833", "#CCBB44", "#AA3377", "#66CCEE")
FEW: Line = {"alpha": 0.6, "linewidths": 0, "s": 16}
MANY: Line = {"alpha": 0.35, "linewidths": 0, "s": 9}

MEASURES = {"js_mean": "attention_js", "l2": "hidden_l2"}
ROWS = {"pre-train": "pretrain_importance", "downstream": "importance"}
CONFIDENCE = 0.95
MAP_HEIGHT = (1.1, 3.3)  # inches: the lowest and the highest heat map


# ----------------------------------------------------------------------------------------------------- what is averaged

Lost = dict[tuple[str, str], tuple[int, int]]
"""(model, task): seeds that collapsed, seeds in all."""


def _select(frame: pd.DataFrame, models: Names, tasks: Names, key: Names, collapsed: Runs) -> tuple[pd.DataFrame, Lost]:
    """The figure's share of a table, checked and without the runs that collapsed; and how many those are."""
    chosen = frame[frame["model"].isin(models) & frame["task"].isin(tasks)].reset_index(drop=True)
    refuse_mixtures(chosen, ["model", "task", "seed", *key])
    gone = collapsed_runs(collapsed)
    names = zip(chosen["model"], chosen["task"], chosen["seed"], strict=True)
    out = pd.Series([run in gone for run in names], index=chosen.index, dtype=bool)
    lost = {}
    for (model, task), rows in chosen.groupby(["model", "task"]):
        seeds = out[rows.index].groupby(rows["seed"]).first()
        lost[str(model), str(task)] = int(seeds.sum()), len(seeds)
    return chosen[~out], lost


def _head_means(heads: pd.DataFrame) -> pd.DataFrame:
    """Each head's JS divergence, averaged over seeds; layers and heads counted from 1."""
    counted = heads.assign(attention_js=floats(heads["attention_js"]), layer=heads["layer"] + 1, head=heads["head"] + 1)
    groups = counted.groupby(["model", "task", "layer", "head"])["attention_js"]
    return groups.agg(js_mean="mean", js_sd="std", seeds="count").reset_index()


def _layer_table(heads: pd.DataFrame, layers: pd.DataFrame) -> pd.DataFrame:
    groups = _head_means(heads).groupby(["model", "task", "layer"])
    js = groups.agg(js_mean=("js_mean", "mean"), js_max=("js_mean", "max"), js_seeds=("seeds", "max"))
    states = layers.assign(hidden_l2=floats(layers["hidden_l2"])).groupby(["model", "task", "layer"])["hidden_l2"]
    table = js.join(states.agg(l2="mean", l2_seeds="count"), how="outer").reset_index()
    for (model, task), rows in table.groupby(["model", "task"]):
        attention, hidden = rows["js_mean"].notna(), rows["l2"].notna()
        if attention.any() and hidden.any() and not (hidden.all() and (attention == (rows["layer"] > 0)).all()):
            raise ValueError(
                f"{model}, {task}: hidden_l2 must have one layer more than attention_js: 0, the embeddings' output"
            )
    return table.astype({"js_seeds": "Int64", "l2_seeds": "Int64"})


def _count(lost: Lost, model: str, task: str) -> list[str]:
    collapsed, seeds = lost.get((model, task), (0, 0))
    return [f"{collapsed} of {seeds_text(seeds)} collapsed in training"] if collapsed else []


def _headroom(axes: Axes, lines: int, height: float = PANEL_HEIGHT) -> None:
    """A band above everything drawn that ``lines`` of notes have to themselves."""
    low, high = axes.get_ylim()
    band = lines * NOTE_SIZE * 1.35 / 72 / (0.95 * height)
    axes.set_ylim(low, low + (high - low) / (1 - band))


# -------------------------------------------------------------------------------------------------------------- figure 4


def _layer_panel(axes: Axes, drawn: pd.DataFrame, table: pd.DataFrame, mean: str) -> None:
    """A measure by layer: each seed's mean thin and dotted, the mean solid, the maximum over heads dashed."""
    axes.grid(color="0.9", linewidth=0.6)
    for _, seed in drawn.groupby("seed"):
        means = seed.groupby("layer")[MEASURES[mean]].mean()
        axes.plot(means.index, means, color=DIVERGENCE["color"], **SEED)
    if mean == "js_mean":
        axes.plot(table["layer"], table["js_max"], **MOST)
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
            say(axes, *(_count(lost, model, task) or ["not run"]))
            continue
        _layer_panel(axes, cell(drawn, model, task), here, mean)
        axes.text(0.03, 0.98, "\n".join(_count(lost, model, task)), transform=axes.transAxes, fontsize=NOTE_SIZE, va="top")
    if len(table):
        for axes in row:
            axes.set_xlim(-0.5, table["layer"].max() + 0.5)
            axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))
        row[0].set_ylim(bottom=0)
        _headroom(row[0], max(len(_count(lost, model, task)) for task in tasks))


def divergence_figure(
    heads: pd.DataFrame, layers: pd.DataFrame, models: Names, tasks: Names, *, collapsed: Runs = None
) -> tuple[Figure, pd.DataFrame]:
    """Figure 4: by layer, how far fine-tuning moves attention (JS divergence) and hidden states (L2); two rows a model.

    A head's JS divergence is averaged over seeds first; the figure shows mean and maximum over a layer's heads. Models
    have rows, and axes, of their own: their depths and widths differ.

    Args:
        heads: study, model, task, seed, layer and head (from 0), attention_js (nats, 0 … ln 2).
        layers: study, model, task, seed, layer (0: the embeddings' output), hidden_l2.
        collapsed: the runs that collapsed, as in ``relative_curves``; they are left out.

    Returns:
        The figure, and a row a layer: model, task, layer (0: the embeddings' output), js_mean and js_max (null for layer
        0), l2, js_seeds and l2_seeds (how many are averaged).

    Raises:
        ValueError: two studies; a row that stands twice; tables whose layers do not go together.
    """
    kept_heads, lost = _select(heads, models, tasks, ["layer", "head"], collapsed)
    kept_layers, lost_layers = _select(layers, models, tasks, ["layer"], collapsed)
    table = in_order(_layer_table(kept_heads, kept_layers), model=models, task=tasks)
    table = table[["model", "task", "layer", "js_mean", "js_max", "l2", "js_seeds", "l2_seeds"]]
    handles = [
        Line2D([], [], label="mean over heads and seeds", **DIVERGENCE),
        Line2D([], [], label="maximum over a layer's heads", **MOST),
        Line2D([], [], label="one seed's mean", color="0.3", **SEED),
    ]
    with matplotlib.rc_context(RC):
        figure, grid = panel_grid(2 * len(models), tasks, handles, sharey="row")
        for model, js, l2 in zip(models, grid[::2], grid[1::2], strict=True):
            _layer_row(js, model, tasks, kept_heads.assign(layer=kept_heads["layer"] + 1), table, lost, "js_mean")
            _layer_row(l2, model, tasks, kept_layers, table, lost_layers, "l2")
            js[0].set_ylabel(f"{model}\nattention:\nJS divergence (nats)")
            l2[0].set_ylabel(f"{model}\nhidden states:\nL2 distance")
            for axes in l2:
                axes.set_xlabel("layer (0: embeddings)")
        return settle(figure), table


# -------------------------------------------------------------------------------------------------------------- heat maps


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
    kept, lost = _select(heads, models, tasks, ["layer", "head"], collapsed)
    table = in_order(_head_means(kept), model=models, task=tasks)
    sizes = [table.loc[table["model"] == model, ["layer", "head"]].max() for model in models]
    heights = [float(np.clip(2.0 * size["layer"] / size["head"], *MAP_HEIGHT)) if size.notna().all() else 1.1 for size in sizes]
    with matplotlib.rc_context(RC):
        figure, grid = panel_grid(len(models), tasks, [], heights=[height + 0.45 for height in heights])
        for model, row in zip(models, grid, strict=True):
            scale = Normalize(0, table.loc[table["model"] == model, "js_mean"].max())
            image = None
            for task, axes in zip(tasks, row, strict=True):
                if len(here := cell(table, model, task)):
                    image = _map(axes, here, scale)
                    axes.set_xlabel("\n".join(["head", *_count(lost, model, task)]))
                else:
                    axes.set(xticks=[], yticks=[])
                    say(axes, *(_count(lost, model, task) or ["not run"]))
            row[0].set_ylabel(f"{model}\nlayer")
            if image is not None:
                figure.colorbar(image, ax=row, label="JS divergence (nats)", pad=0.01)
        return settle(figure), table


# -------------------------------------------------------------------------------------------------------------- figure 6


def fit(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Pearson's r with its interval (Fisher's z), and the least-squares line of ``y`` on ``x``.

    The interval takes the points for independent. All is NaN for fewer than three points, or where ``x`` or ``y`` is
    constant. Points with a NaN are left out.
    """
    from scipy.stats import pearsonr

    both = ~(np.isnan(x) | np.isnan(y))
    x, y = x[both], y[both]
    if len(x) < 3 or not np.ptp(x) or not np.ptp(y):
        return {**dict.fromkeys(("r", "low", "high", "slope", "intercept"), np.nan), "points": len(x)}
    found = pearsonr(x, y)
    low, high = found.confidence_interval(CONFIDENCE)
    slope = float(np.cov(x, y)[0, 1] / np.var(x, ddof=1))
    numbers = {"r": float(found.statistic), "low": float(low), "high": float(high)}
    return {**numbers, "slope": slope, "intercept": float(y.mean() - slope * x.mean()), "points": len(x)}


def _fits(heads: pd.DataFrame, model: str, tasks: Names) -> pd.DataFrame:
    """A row for each task, importance and seed, and one for all seeds together."""
    rows = []
    for name, column in ROWS.items():
        for task, points in heads.groupby("task"):
            parts = [("all", points), *((str(seed), rows) for seed, rows in points.groupby("seed"))]
            for seed, part in parts:
                found = fit(floats(part["attention_js"]), floats(part[column]))
                rows.append({"model": model, "task": task, "importance": name, "seed": seed, **found})
    columns = ["model", "task", "importance", "seed", "r", "low", "high", "slope", "intercept", "points"]
    return in_order(pd.DataFrame(rows, columns=columns), importance=list(ROWS), task=tasks)


def _fit_notes(fits: pd.DataFrame) -> list[str]:
    """r over all seeds with its interval, and the range of the single seeds' r."""
    whole, single = fits[fits["seed"] == "all"].iloc[0], fits.loc[fits["seed"] != "all", "r"].dropna()
    if np.isnan(whole["r"]):
        return ["r is not defined: no spread"]
    lines = [f"r = {signed(whole['r'])} [{signed(whole['low'])}, {signed(whole['high'])}]"]
    if len(single) > 1:
        lines.append(f"r of single seeds: {signed(single.min())} … {signed(single.max())}")
    return lines


def _scatter(axes: Axes, points: pd.DataFrame, column: str, fits: pd.DataFrame, colors: dict[int, str]) -> list[str]:
    """A dot a head and seed, and the line through all of them; returns the notes."""
    axes.grid(color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)
    mixed = points.sort_values(["layer", "head", "seed"])  # so that no seed covers the others
    dots = floats(mixed["attention_js"]), floats(mixed[column])
    axes.scatter(*dots, c=mixed["seed"].map(colors).tolist(), rasterized=True, **(MANY if len(mixed) > 500 else FEW))
    whole = fits[fits["seed"] == "all"].iloc[0]
    ends = np.array([points["attention_js"].min(), points["attention_js"].max()], dtype=float)
    if not np.isnan(whole["r"]):
        axes.plot(ends, whole["intercept"] + whole["slope"] * ends, **REGRESSION)
    return _fit_notes(fits)


def _why_no_dots(points: pd.DataFrame, name: str, lost: Lost, model: str, task: str) -> str | None:
    if not len(points):
        return "\n".join(_count(lost, model, task)) or "not run"
    missing = {row: bool(points[column].isna().all()) for row, column in ROWS.items()}
    if all(missing.values()):
        return "not defined:\nlayers share their heads"
    return f"no importance on the\n{name} task" if missing[name] else None


def importance_divergence_figure(
    heads: pd.DataFrame, model: str, tasks: Names, *, collapsed: Runs = None
) -> tuple[Figure, pd.DataFrame]:
    """Figure 6: importance (Eq. 2, no norm) against JS divergence, a dot a head and seed; a column a task.

    The upper row has the importance on the pre-train task, the lower that on the task itself. Each panel says r over all
    seeds with its 95% interval (Fisher's z). That interval takes heads of different seeds for independent and is too
    narrow to the degree that they are not: the range of the single seeds' r stands beside it.

    Args:
        heads: study, model, task, seed, layer, head, attention_js (nats), importance, pretrain_importance (null where
            layers share their heads: not defined).
        collapsed: the runs that collapsed, as in ``relative_curves``; they are left out.

    Returns:
        The figure, and a row for each task, importance ("pre-train" or "downstream") and seed ("all": together): model,
        task, importance, seed, r, low, high, slope, intercept, points; null where not defined.

    Raises:
        ValueError: two studies; a row that stands twice.
    """
    kept, lost = _select(heads, [model], tasks, ["layer", "head"], collapsed)
    table = _fits(kept, model, tasks)
    colors = {int(seed): SEEDS[place % len(SEEDS)] for place, seed in enumerate(sorted(kept["seed"].unique()))}
    handles = [
        Line2D([], [], color=color, marker="o", linestyle="none", label=f"seed {seed}") for seed, color in colors.items()
    ]
    handles.append(Line2D([], [], label="least-squares line, all seeds", **REGRESSION))
    with matplotlib.rc_context(RC):
        figure, grid = panel_grid(len(ROWS), tasks, handles, sharex=True)
        for (name, column), row in zip(ROWS.items(), grid, strict=True):
            for task, axes in zip(tasks, row, strict=True):
                points = cell(kept, model, task)
                if why := _why_no_dots(points, name, lost, model, task):
                    axes.set_yticks([])
                    axes.tick_params(bottom=False, labelbottom=False)
                    say(axes, why)
                    continue
                behind = table[(table["task"] == task) & (table["importance"] == name)]
                notes = [*_scatter(axes, points, column, behind, colors), *_count(lost, model, task)]
                axes.yaxis.set_major_locator(MaxNLocator(4))
                axes.yaxis.set_major_formatter(FormatStrFormatter("%.3g"))
                _headroom(axes, len(notes))
                axes.text(0.03, 0.98, "\n".join(notes), transform=axes.transAxes, fontsize=NOTE_SIZE, va="top")
            row[0].set_ylabel(f"{model}\nimportance,\n{name} task")
        for axes in grid[-1]:
            axes.set_xlabel("JS divergence (nats)")
        return settle(figure), table
