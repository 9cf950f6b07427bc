"""Tables in which each of the paper's claims must find given numbers, and numbers that support, contradict, straddle it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from headcount.claims import Settings, Tables
from headcount.claims.bars import PAPER_TASKS as TASKS

SETTINGS = Settings("test", {"main": "roberta", "shared": "albert", "appendix": "xxlarge"})
POINTS = 20
"""Heads of a made-up model, one removed at each point of its curve."""
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
    return rows_of(model, task, seed, **columns, relative_score=scores)


def holds(share: float) -> list[float | None]:
    """A curve that keeps all of its score until this share of the heads is gone, and has none after that."""
    return [1.0 if point <= round(POINTS * share) else 0.0 for point in range(POINTS + 1)]


def prunability(values: ByTask, model: str = "roberta", norm: str = "l1") -> pd.DataFrame:
    parts = [curve(model, task, seed, holds(value), norm) for task, seeds in values.items() for seed, value in seeds.items()]
    return pd.concat(parts)


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
    """Relative scores that are a value higher at every point under l1 than under the other norms."""
    parts = [
        curve("roberta", task, seed, [0.5 + (value if norm == "l1" else 0.0)] * POINTS, norm)
        for task, seeds in values.items()
        for seed, value in seeds.items()
        for norm in ("l1", "l2", "none")
    ]
    return Tables(curves=pd.concat(parts))


def c4(values: ByTask) -> Tables:
    """Recalls where the claim must read them, and what it must not read far from them."""
    read = product(("first_crossing", "last_crossing"), (0.5, 0.75, 0.9))
    keys = pd.DataFrame(read, columns=["crossing", "x"]).assign(norm="l1", downstream_level=0.9, collapsed=False)
    wanted = (keys["crossing"] == "first_crossing") & (keys["x"] == 0.75)
    chance = {"chance": 0.5, "chance_low": 0.4, "chance_high": 0.95}
    parts = [
        rows_of("roberta", task, seed, **keys, **chance, recall=np.where(wanted, value, 0.123))
        for task, seeds in values.items()
        for seed, value in seeds.items()
    ]
    return Tables(recall=pd.concat(parts))


def c5(values: ByTask) -> Tables:
    kept = next(iter(values.values()))
    return Tables(curves=prunability({"mlm": {seed: 1 - value for seed, value in kept.items()}}))


def c6(values: ByTask) -> Tables:
    """Five layers; the upper two change by a value more than the lower two, the middle one by something else altogether."""
    heads, layers = [], []
    for task, seeds in values.items():
        for seed, value in seeds.items():
            change = np.array([0.2, 0.4, 9.0, 0.2 + value, 0.4 + value])
            js = np.add.outer(change, [-0.1, 0.1]).ravel()
            heads.append(rows_of("roberta", task, seed, layer=np.repeat(range(5), 2), attention_js=js))
            layers.append(rows_of("roberta", task, seed, layer=range(6), hidden_l2=[77.0, *change]))
    return Tables(heads=pd.concat(heads), layers=pd.concat(layers))


def c7(values: ByTask) -> Tables:
    parts = [
        rows_of("roberta", task, seed, frozen="layers", layers=[1], relative_score=value, collapsed=False)
        for task, seeds in values.items()
        for seed, value in seeds.items()
    ]
    return Tables(freezing=pd.concat(parts))


def c8(values: ByTask) -> Tables:
    """Importances whose correlation with the divergence is exactly a value: r of itself, the rest of what is orthogonal."""
    js, other = np.array([1.0, -1.0, 1.0, -1.0]), np.array([1.0, 1.0, -1.0, -1.0])
    parts = []
    for task, seeds in values.items():
        for seed, r in seeds.items():
            importance = 5 + r * js + np.sqrt(1 - r**2) * other
            columns = {"attention_js": js + 2, "importance": importance, "pretrain_importance": 3 * importance}
            parts.append(rows_of("roberta", task, seed, layer=[0, 0, 1, 1], head=[0, 1, 0, 1], **columns))
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
}
"""For each claim, tables in which it must find given numbers."""
SUPPORTING: dict[str, ByTask] = {
    "C1": on_all(0.55, 0.65, 0.7),
    "C2": most_on_the_hardest(-0.1, -0.15, -0.2),
    "C3": on_all(0.01, 0.02, 0.03),
    "C4": on_all(0.91, 0.95, 1.0),
    "C5": on_all(0.25, 0.3, 0.45),
    "C6": on_all(0.01, 0.02, 0.03),
    "C7": {**on_all(0.985, 0.99, 1.01), "cola": {1: 0.91, 2: 0.93, 3: 0.95}},
    "C8": on_all(-0.09, 0.03, 0.1),
    "C9": on_all(-0.1, -0.15, -0.2),
}
CONTRADICTING: dict[str, ByTask] = {
    "C1": on_all(0.4, 0.45, 0.5),
    "C2": most_on_the_hardest(0.1, 0.15, 0.2),
    "C3": on_all(-0.01, -0.02, -0.03),
    "C4": on_all(0.7, 0.8, 0.9),
    "C5": on_all(0.5, 0.6, 0.7),
    "C6": on_all(-0.01, -0.02, -0.03),
    "C7": on_all(0.8, 0.85, 0.9),
    "C8": on_all(0.11, 0.3, 0.4),
    "C9": on_all(0.0, 0.05, 0.1),
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
}


@cache
def supporting(identifier: str) -> Tables:
    """Tables that support a claim, with their metrics; not to be changed."""
    return with_metrics(MADE[identifier](SUPPORTING[identifier]))


def with_metrics(tables: Tables, *collapsed: tuple[str, str, int]) -> Tables:
    """The tables with the metrics of all their runs, of which some collapsed."""
    runs = {
        (row.model, row.task, row.seed)
        for one in fields(tables)
        if len(table := getattr(tables, one.name))
        for row in table.itertuples()
        if row.task != "mlm"
    }
    rows = [rows_of(*run, collapsed=[run in collapsed]).assign(source="metrics of " + str(run)) for run in sorted(runs)]
    return replace(tables, metrics=pd.concat(rows) if rows else pd.DataFrame())
