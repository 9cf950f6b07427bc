"""Figure 3 and what goes beyond it: recall, agreement of runs, pruning before and after fine-tuning; from tables alone.

A run that collapsed in fine-tuning, or that has no required heads, is never averaged in: panel and table count it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from headcount.figures.curves import LEVEL, MEAN, SEED, SPREAD, scale_axes
from headcount.figures.panels import NOTE, Grid, Names, cell, floats, in_order, panel_grid, refuse_mixtures, say, signed
from headcount.figures.style import LOOKS, NOTE_SIZE, RC, TASKS, Line, seeds_text, settle

RECALL: Line = {"color": LOOKS["l1"]["color"], "marker": "o", "label": "recall, mean over seeds"}
RECALL_SPREAD: Line = {"color": RECALL["color"], "alpha": 0.22, "label": "± standard deviation over seeds"}
CHANCE: Line = {"color": LOOKS["l2"]["color"], "linestyle": "--", "linewidth": 1.3, "label": "chance: as many random heads"}
CHANCE_BAND: Line = {"color": CHANCE["color"], "linestyle": ":", "linewidth": 1, "label": "95% of random sets of heads"}

ARMS: dict[str, Line] = {
    "after_own": LOOKS["l1"] | {"label": "after fine-tuning, in the task's own order"},
    "after_pretrain": LOOKS["l2"] | {"label": "after fine-tuning, in the pre-train task's order"},
    "before": {"label": "before fine-tuning, in the pre-train task's order", "color": "black", "marker": "D"},
}
"""When heads were removed, and in which order."""
MARKED: Line = {"linestyle": "none", "markersize": 7, "markeredgecolor": "white", "zorder": 4}
PRETRAIN: Line = {"label": "masked LM without the same heads", "color": "0.45", "linewidth": 1.2, "linestyle": "-."}

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


# ------------------------------------------------------------------------------------ panels of curves, a task a column


def _curve_panels(
    points: pd.DataFrame,
    table: pd.DataFrame,
    handles: Sequence[Line2D],
    draw: Callable[[Axes, pd.DataFrame, pd.DataFrame], None],
    notes_of: Callable[[pd.DataFrame], list[str]],
    labels: tuple[str, str, float],
    **names: Names,
) -> tuple[Figure, Grid]:
    """A row a model, a column a task, on common axes; notes lie below the curves, and a panel without any says why.

    ``points`` (with a column ``value``: NaN where left out) and ``table`` (with a column ``mean``) are those of all panels,
    ``draw`` and ``notes_of`` get one panel's. ``labels``: of x, of y, and where a line stands on y.
    """
    figure, grid = panel_grid(len(names["models"]), names["tasks"], handles, sharex=True, sharey=True)
    lines = 0
    for model, row in zip(names["models"], grid, strict=True):
        for task, axes in zip(names["tasks"], row, strict=True):
            axes.axhline(labels[2], **LEVEL)
            here, behind = cell(points, model, task), cell(table, model, task)
            notes = notes_of(here)
            if not behind["mean"].notna().any():
                say(axes, *(["no curve:", *notes] if len(here) else ["not run"]))
                continue
            axes.grid(color="0.9", linewidth=0.6)
            draw(axes, here, behind)
            axes.text(0.03, 0.02, "\n".join(notes), transform=axes.transAxes, fontsize=NOTE_SIZE, va="bottom", **NOTE)
            lines = max(lines, len(notes))
        row[0].set_ylabel(f"{model}\n{labels[1]}")
    for axes in grid[-1]:
        axes.set_xlabel(labels[0])
    scale_axes(grid[0][0], points["value"].dropna(), lines)
    return figure, grid


# ---------------------------------------------------------------------------------------------------------------- recall

LEFT_OUT = {"undefined": "undefined", "empty": "need no head", "collapsed": "collapsed in training"}
RECALL_NUMBERS = ["recall", "chance", "chance_low", "chance_high"]


def _recall_points(recall: pd.DataFrame, models: Names, tasks: Names, crossing: str) -> pd.DataFrame:
    """The figure's share of the recall table, each row with its run's ``fate``: used, or why it is left out."""
    points = recall[recall["model"].isin(models) & recall["task"].isin(tasks)]
    if len(points) and crossing not in set(points["crossing"]):
        raise ValueError(f"crossing {crossing!r}: the table has {', '.join(sorted(points['crossing'].unique()))}")
    points = points[points["crossing"] == crossing].reset_index(drop=True)
    refuse_mixtures(points, ["model", "task", "seed", "x"], "norm", "downstream_level")
    points = points.assign(**{name: floats(points[name]) for name in RECALL_NUMBERS})
    null, empty = points["recall"].isna(), floats(points["downstream_heads"]) == 0
    fate = np.select([points["collapsed"].astype(bool), null & empty, null], ["collapsed", "empty", "undefined"], "used")
    return points.assign(fate=fate, value=points["recall"].where(fate == "used"))


def _recall_table(points: pd.DataFrame, models: Names, tasks: Names) -> pd.DataFrame:
    lost = {fate: points["fate"] == fate for fate in LEFT_OUT}
    chance = points[RECALL_NUMBERS[1:]].where(points["fate"] == "used")
    groups = points.assign(**chance, **lost).groupby(["model", "task", "x"])
    means = groups["value"].agg(mean="mean", sd="std", seeds="count")
    table = pd.concat([means, groups[RECALL_NUMBERS[1:]].mean(), groups[list(lost)].sum()], axis=1)
    return in_order(table.reset_index(), model=models, task=tasks)


def _recall_notes(points: pd.DataFrame) -> list[str]:
    fates = points.groupby("seed")["fate"].first()
    counts = {fate: int((fates == fate).sum()) for fate in LEFT_OUT}
    return [f"{count} of {seeds_text(len(fates))} {LEFT_OUT[fate]}" for fate, count in counts.items() if count]


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
        recall: as ``headcount.transfer.recall_table`` gives it, of one norm a model; both crossings may be in it.
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
    read = Line2D([], [], label=f"{bar:.0%} recall; {at:.0%} on the pre-train task", **LEVEL)
    handles = [Line2D([], [], **RECALL, **MEAN), shade, Line2D([], [], **CHANCE), Line2D([], [], **CHANCE_BAND), read]
    labels = ("relative performance on\nthe pre-train task (%)", "recall (%)", bar)
    with matplotlib.rc_context(RC):
        figure, grid = _curve_panels(points, table, handles, _draw_recall, _recall_notes, labels, models=models, tasks=tasks)
        for axes in figure.axes:
            axes.axvline(at, **LEVEL)
        if len(table):
            grid[0][0].set_xlim(min([at, *table["x"]]) - 0.02, max([at, *table["x"]]) + 0.02)
            grid[0][0].xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        return settle(figure), table


# ------------------------------------------------------------------------------------------------------------- agreement

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


def agreement_kinds(agreement: pd.DataFrame, models: Names, tasks: Names, pretrain: str = "mlm") -> pd.DataFrame:
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
    return "–" if np.isnan(value) else ("" if signed(value)[0] == "−" else "+") + signed(value).replace("0.", ".", 1)


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
    names = [TASKS.get(task, task) for task in runs["task"].unique()]
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
        agreement: as ``headcount.transfer.agreement_table`` gives it, of one norm a model.
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
        for place, (value, title) in enumerate(AGREEMENTS.items()):
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
                figure.colorbar(images[0], ax=column, location="top", shrink=0.6, label=title)
        for model, row in zip(models, grid, strict=True):
            row[0].set_ylabel(model, fontweight="bold", fontsize=10)
        return settle(figure), in_order(_means(pairs, ["task_a", "task_b"]), model=models, task_a=tasks, task_b=tasks)


# ------------------------------------------------------------------------------------------ before and after fine-tuning


def _arm_table(points: pd.DataFrame, models: Names, tasks: Names) -> pd.DataFrame:
    groups = points.assign(undefined=points["value"].isna()).groupby(["model", "task", "arm", "removed"])
    means = groups["value"].agg(mean="mean", sd="std", seeds="count")
    pretrain = groups["pretrain"].mean().rename("pretrain_mean")
    table = pd.concat([groups["removed_fraction"].first(), means, groups["undefined"].sum(), pretrain], axis=1)
    return in_order(table.reset_index(), model=models, task=tasks, arm=list(ARMS))


def _arm_notes(points: pd.DataFrame) -> list[str]:
    lost = points["value"].isna().groupby(points["seed"]).all()
    lines = [f"{lost.sum()} of {seeds_text(len(lost))} collapsed or undefined"] if lost.any() else []
    for bound, beyond in (("down", points["value"].min()), ("up", points["value"].max())):
        if beyond < SPREAD[0] or beyond > SPREAD[1]:
            lines.append(f"beyond the axis: {bound} to {beyond:.0%}")
    return lines


def _draw_arms(axes: Axes, points: pd.DataFrame, table: pd.DataFrame) -> None:
    for arm, mean in table.groupby("arm", sort=False):
        look = ARMS[str(arm)]
        if arm == "before":
            axes.errorbar(mean["removed_fraction"], mean["mean"], yerr=mean["sd"], capsize=3, **look, **MARKED)
            continue
        for _, seed in points[points["arm"] == arm].sort_values("removed").groupby("seed"):
            axes.plot(seed["removed_fraction"], seed["value"], color=look["color"], **SEED)
        axes.plot(mean["removed_fraction"], mean["mean"], **look, **MEAN)
    pretrain = table[table["pretrain_mean"].notna()].drop_duplicates("removed").sort_values("removed")
    axes.plot(pretrain["removed_fraction"], pretrain["pretrain_mean"], **PRETRAIN)


def before_after_figure(table: pd.DataFrame, models: Names, tasks: Names, *, level: float = 0.9) -> tuple[Figure, pd.DataFrame]:
    """Heads removed before fine-tuning against heads removed after it; a row a model, a column a task.

    Args:
        table: as ``headcount.comparisons.before_after_table`` gives it, of one norm a model. Null relative scores are left
            out, and counted.
        level: a horizontal line, as a share of the unpruned score.

    Returns:
        The figure, and a row for each point of a mean: model, task, arm (a key of ``ARMS``), removed (heads),
        removed_fraction, mean and sd (sample, n - 1; null for one seed) of the relative score, seeds (in the mean),
        undefined (seeds left out), pretrain_mean (relative score of masked LM without the same heads; null for
        ``after_own``).

    Raises:
        ValueError: two studies or norms; an unknown arm; a row that stands twice.
    """
    points = table[table["model"].isin(models) & table["task"].isin(tasks)].reset_index(drop=True)
    if unknown := sorted(set(points["arm"]) - set(ARMS)):
        raise ValueError(f"arm {', '.join(unknown)}: allowed are {', '.join(ARMS)}")
    refuse_mixtures(points, ["model", "task", "arm", "seed", "removed"], "norm")
    numbers = {"value": "relative_score", "pretrain": "pretrain_relative_score"}
    points = points.assign(**{name: floats(points[column]) for name, column in numbers.items()})
    means = _arm_table(points, models, tasks)
    handles = [Line2D([], [], **{**ARMS[arm], **MEAN}) for arm in ("after_own", "after_pretrain")]
    handles.append(Line2D([], [], **ARMS["before"], **MARKED))
    handles += [Line2D([], [], color="0.3", label="one seed (bold: mean over seeds)", **SEED), Line2D([], [], **PRETRAIN)]
    handles.append(Line2D([], [], label=f"{level:.0%} of the unpruned score", **LEVEL))
    labels = ("heads removed (%)", "relative score (%)", level)
    with matplotlib.rc_context(RC):
        figure, _ = _curve_panels(points, means, handles, _draw_arms, _arm_notes, labels, models=models, tasks=tasks)
        return settle(figure), means
