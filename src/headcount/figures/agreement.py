"""Heat maps: which runs agree on the heads that matter."""

from __future__ import annotations

import math
from collections.abc import Sequence

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

from headcount.data.tasks import MASKED_LM, title
from headcount.figures.panels import Grid, say
from headcount.figures.rows import Names, floats, in_order, refuse_mixtures
from headcount.figures.style import NOTE_SIZE, RC, Line, settle
from headcount.phrasing import MISSING, fixed

AGREEMENTS = {
    "excess": "required heads:\noverlap less what chance gives",
    "spearman": "importance of all heads:\nSpearman correlation",
}
"""Overlap (shared heads over the smaller set), since it is a recall, as in figure 3; the table has Jaccard's index too."""
KINDS = {
    "same task": "same task, other seed",
    "same seed": "other task, same seed",
    "neither": "other task, other seed",
    "pre-train": "masked LM and a task",
}
MAP_WIDTH = 4.4  # inches


AGREEMENT_NUMBERS = ["overlap", "chance", "excess", "jaccard", "jaccard_chance", "spearman"]


def _pairs(agreement: pd.DataFrame, models: Names, tasks: Names) -> pd.DataFrame:
    """Pairs of runs of these models and tasks, checked, the run that comes first in ``tasks`` and by seed as ``a``."""
    pairs = agreement[agreement["model"].isin(models) & agreement["task_a"].isin(tasks) & agreement["task_b"].isin(tasks)]
    rank = {task: place for place, task in enumerate(tasks)}
    rank_a, rank_b = pairs["task_a"].map(rank), pairs["task_b"].map(rank)
    swap = (rank_a > rank_b) | ((rank_a == rank_b) & (pairs["seed_a"] > pairs["seed_b"]))
    sides = {f"{name}_{side}": pairs[f"{name}_{side}"] for name in ("task", "seed", "heads") for side in "ab"}
    other = {name: sides[name[:-1] + ("b" if name.endswith("a") else "a")] for name in sides}
    pairs = pairs.assign(**{name: values.where(~swap, other[name]) for name, values in sides.items()}).reset_index(drop=True)
    refuse_mixtures(pairs, ["model", "task_a", "seed_a", "task_b", "seed_b"], "norm")
    pairs = pairs.rename(columns={"overlap_chance": "chance"}).assign(excess=pairs["overlap"] - pairs["overlap_chance"])
    return pairs.assign(**{name: floats(pairs[name]) for name in AGREEMENT_NUMBERS})


def _means(pairs: pd.DataFrame, by: Names) -> pd.DataFrame:
    """Means over pairs; ``sets`` of the ``pairs`` have required heads on both sides."""
    groups = pairs.groupby(["model", *by], sort=False)
    counts = pd.DataFrame({"pairs": groups.size(), "sets": groups["excess"].count()})
    return counts.join(groups[AGREEMENT_NUMBERS].mean()).reset_index()


def agreement_kinds(agreement: pd.DataFrame, models: Names, tasks: Names, pretrain: str = MASKED_LM) -> pd.DataFrame:
    """Is "important" a property of the head, of the task, or of the seed? Mean agreement by what two runs have in common.

    If it is the head's, runs agree whatever they have in common; if the task's (or the seed's), only those of the same one.

    Returns:
        model, kind (a key of ``KINDS``; the runs of the pre-train task share one model, so that their own pairs say
        nothing about seeds and stand in no kind), and the columns of ``agreement_figure``'s table. Pairs that share a run
        are not independent: no interval is given.
    """
    pairs = _pairs(agreement, models, tasks)
    pretrained = (pairs["task_a"] == pretrain).astype(int) + (pairs["task_b"] == pretrain)
    same_task, same_seed = pairs["task_a"] == pairs["task_b"], pairs["seed_a"] == pairs["seed_b"]
    conditions = [pretrained == 2, pretrained == 1, same_task, same_seed]
    kind = np.select(conditions, ["", "pre-train", "same task", "same seed"], "neither")
    table = _means(pairs.assign(kind=kind)[kind != ""], ["kind"])
    return in_order(table, model=models, kind=list(KINDS))


def _number(value: float) -> str:
    """With its sign, and without the zero that says nothing."""
    return MISSING if np.isnan(value) else fixed(value, 2, sign=True).replace("0.", ".", 1)


def _runs_of(pairs: pd.DataFrame, tasks: Names) -> pd.DataFrame:
    """task, seed, heads (required) of every run, task by task."""
    names = ["task", "seed", "heads"]
    sides = [pairs[[f"{name}_{side}" for name in names]].set_axis(names, axis=1) for side in "ab"]
    runs = pd.concat(sides).drop_duplicates(["task", "seed"]).sort_values("seed")
    return in_order(runs.assign(heads=floats(runs["heads"])), task=tasks)


def _matrix(pairs: pd.DataFrame, runs: pd.DataFrame, value: str) -> np.ndarray:
    """``[runs, runs]``: above the diagonal each pair, below it the mean of its two tasks' pairs; NaN on it, and for null."""
    places = list(zip(runs["task"], runs["seed"], strict=True))
    columns = ["task_a", "seed_a", "task_b", "seed_b", value]
    single = {((a, i), (b, k)): found for a, i, b, k, found in pairs[columns].itertuples(index=False)}
    means = pairs.groupby(["task_a", "task_b"])[value].mean()
    matrix = np.full((len(runs), len(runs)), np.nan)
    for later, run in enumerate(places):
        for earlier, other in enumerate(places[:later]):
            matrix[earlier, later] = single.get((other, run), np.nan)
            matrix[later, earlier] = means.get((other[0], run[0]), np.nan)
    return matrix


def _write_means(axes: Axes, matrix: np.ndarray, blocks: Sequence[np.ndarray], limit: float) -> None:
    """The mean of each block of two tasks into its cells below the diagonal."""
    for place, rows in enumerate(blocks):
        for columns in blocks[: place + 1]:
            if cells := [(row, column) for row in rows for column in columns if row > column]:
                value, (y, x) = matrix[cells[0]], np.mean(cells, axis=0)
                look: Line = {"fontweight": "bold"} if columns is rows else {}
                look["color"] = "white" if abs(value) > 0.6 * limit else "black"
                axes.text(x, y, _number(value), ha="center", va="center", fontsize=NOTE_SIZE, **look)


def _group(axes: Axes, runs: pd.DataFrame, blocks: Sequence[np.ndarray]) -> None:
    """Lines between the tasks, their names, and the seeds."""
    centres = [float(places.mean()) for places in blocks]
    names = [title(task) for task in runs["task"].unique()]
    axes.set_xticks(centres, names)
    axes.set_yticks(centres, names, rotation=90, va="center")
    if len(runs) <= 30:
        for axis in (axes.xaxis, axes.yaxis):
            axis.remove_overlapping_locs = False
            axis.set_ticks(range(len(runs)), labels=runs["seed"], minor=True)
    axes.tick_params(which="major", length=0, pad=15)
    axes.tick_params(which="minor", length=0, pad=2, labelsize=NOTE_SIZE - 1)
    for places in blocks[1:]:
        axes.axhline(places[0] - 0.5, color="black", linewidth=0.9)
        axes.axvline(places[0] - 0.5, color="black", linewidth=0.9)


def _agreement_panel(axes: Axes, pairs: pd.DataFrame, runs: pd.DataFrame, value: str, limit: float) -> AxesImage:
    matrix = _matrix(pairs, runs, value)
    blocks = [np.flatnonzero(runs["task"] == task) for task in runs["task"].unique()]
    axes.patch.set(facecolor="white", edgecolor="0.7", hatch="//////")
    image = axes.imshow(matrix, cmap="RdBu_r", norm=Normalize(-limit, limit), interpolation="nearest")
    for place in range(len(runs)):
        axes.add_patch(Rectangle((place - 0.5, place - 0.5), 1, 1, facecolor="0.75", linewidth=0))
    _group(axes, runs, blocks)
    _write_means(axes, matrix, blocks, limit)
    return image


def _agreement_notes(kinds: pd.DataFrame, runs: pd.DataFrame, value: str) -> str:
    """What a heat map comes down to, and how many of its runs have nothing to compare."""
    count = "sets" if value == "excess" else "pairs"
    lines = [f"{_number(row[value])}  {KINDS[row['kind']]} (pairs: {row[count]})" for _, row in kinds.iterrows()]
    if value == "excess" and (lost := int((~(runs["heads"] > 0)).sum())):
        lines.append(f"hatched: {lost} of {len(runs)} runs collapsed, or without required heads")
    return "\n".join(lines)


def agreement_figure(agreement: pd.DataFrame, models: Names, tasks: Names) -> tuple[Figure, pd.DataFrame]:
    """Which runs agree: required heads (overlap less chance) and importances (Spearman); a row a model, runs by task.

    Above the diagonal each pair of runs, below it the mean over the pairs of two tasks; under each map, the means by what
    two runs have in common (``agreement_kinds``). Both colour scales are centred at 0; that of the overlap is shared by
    the models.

    Args:
        agreement: as ``headcount.analysis.agreement.agreement_table`` gives it, of one norm a model.
        tasks: those shown, in this order, the pre-train task among them.

    Returns:
        The figure, and a row for each unordered pair of tasks: model, task_a, task_b, pairs, sets (how many of these have
        required heads on both sides), and means: overlap, chance (of it), excess, jaccard, jaccard_chance, spearman.

    Raises:
        ValueError: two studies or norms; a pair that stands twice.
    """
    pairs = _pairs(agreement, models, tasks)
    kinds = agreement_kinds(agreement, models, tasks)
    widest = float(pairs["excess"].abs().max()) if pairs["excess"].notna().any() else 0.0
    limits = {"excess": max(0.2, math.ceil(widest * 10) / 10), "spearman": 1.0}
    with matplotlib.rc_context(RC):
        heights = [MAP_WIDTH + 0.9 if model in set(pairs["model"]) else 1.2 for model in models]
        figure = Figure(figsize=(2 * MAP_WIDTH + 0.8, sum(heights) + 0.9), layout="constrained")
        grid: Grid = figure.subplots(len(models), 2, squeeze=False, height_ratios=heights).tolist()
        for place, (value, label) in enumerate(AGREEMENTS.items()):
            column, images = [row[place] for row in grid], []
            for model, axes in zip(models, column, strict=True):
                if not len(here := pairs[pairs["model"] == model]):
                    axes.set(xticks=[], yticks=[])
                    say(axes, "not run, or a single run")
                    continue
                runs = _runs_of(here, tasks)
                images.append(_agreement_panel(axes, here, runs, value, limits[value]))
                notes = _agreement_notes(kinds[kinds["model"] == model], runs, value)
                axes.set_xlabel(notes, loc="left", fontsize=NOTE_SIZE, multialignment="left")
            if images:
                figure.colorbar(images[0], ax=column, location="top", shrink=0.6, label=label)
        for model, row in zip(models, grid, strict=True):
            row[0].set_ylabel(model, fontweight="bold", fontsize=10)
        return settle(figure), in_order(_means(pairs, ["task_a", "task_b"]), model=models, task_a=tasks, task_b=tasks)
