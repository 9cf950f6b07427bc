"""Tables in which each of the paper's claims must find given numbers, and numbers that support, contradict, straddle it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from headcount.claims import Settings, Tables
from headcount.claims.heads import PAPER_TASKS as TASKS

SETTINGS = Settings("test", {"main": "roberta", "shared": "albert", "appendix": "xxlarge"})
POINTS = 20
"""Heads of a made-up model, one removed at each point of its curve."""
MANY = 1000
"""Times four heads, where a claim is about a correlation over heads."""
ByTask = Mapping[str, Mapping[int, float]]
"""The number that a claim should find, by task and seed."""


def on_all(*values: float, tasks: Any = TASKS) -> dict[str, dict[int, float]]:
    """The same numbers on each task, those of seeds 1, 2, …"""
    return {task: dict(enumerate(values, 1)) for task in tasks}


# -------------------------------------------------------------------------------------------------------- made-up tables


def rows_of(model: str, task: str, seed: int, **columns: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {"study": "test", "model": model, "task": task, "seed": seed, **columns, "source": f"{model}/{task}/{seed}"}
    )


def curve(model: str, task: str, seed: int, relative: list[float | None], norm: str = "l1") -> pd.DataFrame:
    points = range(len(relative))
    fractions = [point / points[-1] for point in points]
    scores = pd.array(relative, dtype="Float64")
    columns = {"unit": "head", "criterion": "gate_gradient", "norm": norm, "schedule": "one_shot"}
    columns |= {"removed": points, "removed_fraction": fractions}
    return rows_of(model, task, seed, **columns, score=scores, relative_score=scores)


def holds(share: float, level: float = 0.9) -> list[float | None]:
    """A curve that falls to a level where this share of the heads is gone, and on in a straight line."""
    return [1 - (1 - level) * point / POINTS / share for point in range(POINTS + 1)]


def prunability(values: ByTask, model: str = "roberta", norm: str = "l1", level: float = 0.9) -> pd.DataFrame:
    runs = [(task, seed, share) for task, seeds in values.items() for seed, share in seeds.items()]
    return pd.concat([curve(model, task, seed, holds(share, level), norm) for task, seed, share in runs])


def c1(values: ByTask) -> Tables:
    return Tables(curves=prunability(values))


def less_prunable(model: str) -> Callable[[ByTask], Tables]:
    """Tables in which the model's prunable fraction is the main model's, which is 0.5, plus a value."""

    def tables(values: ByTask) -> Tables:
        shifted = {task: {seed: 0.5 + value for seed, value in seeds.items()} for task, seeds in values.items()}
        level = {task: dict.fromkeys(seeds, 0.5) for task, seeds in values.items()}
        return Tables(curves=pd.concat([prunability(shifted, model, "none"), prunability(level)]))

    return tables


def c3(values: ByTask) -> Tables:
    """Under l1 a value more of the heads can go than the half that can go under the other norms."""
    level = {task: dict.fromkeys(seeds, 0.5) for task, seeds in values.items()}
    shifted = {task: {seed: 0.5 + value for seed, value in seeds.items()} for task, seeds in values.items()}
    by_norm = {"l1": shifted, "l2": level, "none": level}
    return Tables(curves=pd.concat([prunability(shares, norm=norm) for norm, shares in by_norm.items()]))


def c4(values: ByTask) -> Tables:
    """Recalls where the claim must read them, and what it must not read far from them."""
    read = product(("first_crossing", "last_crossing"), (0.5, 0.75, 0.9))
    keys = pd.DataFrame(read, columns=["crossing", "x"]).assign(norm="l1", downstream_level=0.9, collapsed=False)
    wanted = (keys["crossing"] == "first_crossing") & (keys["x"] == 0.75)
    chance = {"chance": 0.5, "pretrain_heads": 10, "downstream_heads": 8, "heads": 20}
    parts = [
        rows_of("roberta", task, seed, **keys, **chance, recall=np.where(wanted, value, 0.123))
        for task, seeds in values.items()
        for seed, value in seeds.items()
    ]
    return Tables(recall=pd.concat(parts))


def c5(values: ByTask) -> Tables:
    kept = next(iter(values.values()))
    return Tables(curves=prunability({"mlm": {seed: 1 - value for seed, value in kept.items()}}, level=0.75))


def c6(values: ByTask) -> Tables:
    """Five layers; the upper two change by a value more than the lower two, the middle one by something else altogether."""
    heads, layers = [], []
    for task, seeds in values.items():
        for seed, value in seeds.items():
            change = np.array([0.2, 0.4, 9.0, 0.2 + value, 0.4 + value])
            js = np.add.outer(change, [-0.1, 0.1]).ravel()
            heads.append(
                rows_of("roberta", task, seed, layer=np.repeat(range(5), 2), attention_js=js, attention_js_local=js / 2)
            )
            l2 = np.array([77.0, *change])
            layers.append(rows_of("roberta", task, seed, layer=range(6), hidden_l2=l2, hidden_l2_local=l2 / 2))
    return Tables(heads=pd.concat(heads), layers=pd.concat(layers))


def c7(values: ByTask) -> Tables:
    """The layers alone frozen, as the claim is read; with the embeddings, half as good."""
    arms = {"frozen": ["layers", "layers and embeddings"], "layers": 1}
    parts = [
        rows_of("roberta", task, seed, **arms, relative_score=[value, value / 2], collapsed=False)
        for task, seeds in values.items()
        for seed, value in seeds.items()
    ]
    return Tables(freezing=pd.concat(parts))


def c10(values: ByTask) -> Tables:
    """Heads removed before fine-tuning: too many for masked LM, as many as the guideline allows, and fewer."""
    before = {"arm": "before", "removed": [3, 2, 1], "removed_fraction": [0.75, 0.5, 0.25]}
    parts = [
        rows_of("roberta", task, seed, **before, pretrain_relative_score=[0.6, 0.8, 0.9], relative_score=[0.1, value, 2.0])
        for task, seeds in values.items()
        for seed, value in seeds.items()
    ]
    return Tables(before_after=pd.concat(parts))


def c8(values: ByTask) -> Tables:
    """Importances whose correlation with the divergence is exactly a value: r of itself, the rest of what is orthogonal.

    So many heads that their number blurs nothing.
    """
    js, other = np.tile([1.0, -1.0, 1.0, -1.0], MANY), np.tile([1.0, 1.0, -1.0, -1.0], MANY)
    parts = []
    for task, seeds in values.items():
        for seed, r in seeds.items():
            importance = 5 + r * js + np.sqrt(1 - r**2) * other
            columns = {"attention_js": js + 2, "importance": importance, "pretrain_importance": 3 * importance}
            parts.append(rows_of("roberta", task, seed, layer=0, head=range(len(js)), **columns))
    return Tables(heads=pd.concat(parts))


def most_on_the_hardest(*values: float) -> dict[str, dict[int, float]]:
    """Differences that are 0.1 lower on CoLA and MNLI."""
    return {task: {seed: v - 0.1 * (task in ("cola", "mnli")) for seed, v in enumerate(values, 1)} for task in TASKS}


MADE: dict[str, Callable[[ByTask], Tables]] = {
    "C1": c1,
    "C2": less_prunable("albert"),
    "C3": c3,
    "C4": c4,
    "C5": c5,
    "C6": c6,
    "C7": c7,
    "C8": c8,
    "C9": less_prunable("xxlarge"),
    "C10": c10,
}
"""For each claim, tables in which it must find given numbers."""
SUPPORTING: dict[str, ByTask] = {
    "C1": on_all(0.64, 0.65, 0.66),
    "C2": most_on_the_hardest(-0.14, -0.15, -0.16),
    "C3": on_all(0.04, 0.05, 0.06),
    "C4": on_all(0.95, 0.96, 0.97),
    "C5": on_all(0.3, 0.31, 0.32),
    "C6": on_all(0.02, 0.021, 0.022),
    "C7": {**on_all(1.0, 1.005, 1.01), "cola": {1: 0.94, 2: 0.95, 3: 0.96}},
    "C8": on_all(0.0, 0.01, 0.02),
    "C9": on_all(-0.14, -0.15, -0.16),
    "C10": on_all(0.95, 0.955, 0.96),
}
CONTRADICTING: dict[str, ByTask] = {
    "C1": on_all(0.44, 0.445, 0.45),
    "C2": most_on_the_hardest(0.19, 0.195, 0.2),
    "C3": on_all(-0.04, -0.045, -0.05),
    "C4": on_all(0.8, 0.805, 0.81),
    "C5": on_all(0.6, 0.605, 0.61),
    "C6": on_all(-0.02, -0.0205, -0.021),
    "C7": on_all(0.85, 0.855, 0.86),
    "C8": on_all(0.3, 0.305, 0.31),
    "C9": on_all(0.05, 0.055, 0.06),
    "C10": on_all(0.8, 0.805, 0.81),
}
STRADDLING: dict[str, ByTask] = {
    "C1": on_all(0.4, 0.5, 0.7),
    "C2": most_on_the_hardest(-0.2, 0.0, 0.2),
    "C3": on_all(-0.02, 0.0, 0.03),
    "C4": on_all(0.8, 0.9, 1.0),
    "C5": on_all(0.4, 0.5, 0.6),
    "C6": on_all(-0.01, 0.0, 0.02),
    "C7": on_all(0.9, 0.98, 1.1),
    "C8": on_all(-0.3, 0.05, 0.3),
    "C9": on_all(-0.1, 0.0, 0.1),
    "C10": on_all(0.7, 0.9, 1.1),
}


@cache
def supporting(identifier: str) -> Tables:
    """Tables that support a claim, with their metrics; not to be changed."""
    return with_metrics(MADE[identifier](SUPPORTING[identifier]))


def with_metrics(tables: Tables, *collapsed: tuple[str, str, int]) -> Tables:
    """The tables with the metrics of all their runs, of which some collapsed."""
    runs = {
        (row.model, row.task, row.seed)
        for table in tables.frames.values()
        if len(table)
        for row in table.itertuples()
        if row.task != "mlm"
    }
    rows = [rows_of(*run, collapsed=[run in collapsed]).assign(source="metrics of " + str(run)) for run in sorted(runs)]
    return replace(tables, metrics=pd.concat(rows) if rows else pd.DataFrame())
