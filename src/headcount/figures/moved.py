"""What fine-tuning moves: the runs and means that figures 4, 6 and the heat maps are drawn from."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from headcount.figures.curve_points import Runs, collapsed_runs
from headcount.figures.curves import PANEL_HEIGHT
from headcount.figures.panels import Names, floats, refuse_mixtures
from headcount.figures.style import NOTE_SIZE, seeds_text

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


def _count(lost: Lost, model: str, task: str) -> list[str]:
    collapsed, seeds = lost.get((model, task), (0, 0))
    return [f"{collapsed} of {seeds_text(seeds)} collapsed in training"] if collapsed else []


def _headroom(axes: Axes, lines: int, height: float = PANEL_HEIGHT) -> None:
    """A band above everything drawn that ``lines`` of notes have to themselves."""
    low, high = axes.get_ylim()
    band = lines * NOTE_SIZE * 1.35 / 72 / (0.95 * height)
    axes.set_ylim(low, low + (high - low) / (1 - band))
