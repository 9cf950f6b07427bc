"""Tables in which each claim about pruned weights must find given numbers, and such numbers: for, against, neither."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from headcount.claims import Settings, Tables

WEIGHTS = Settings("test", {"main": None, "shared": None, "appendix": None}, pruned=("roberta",))
TASKS = ("mnli", "qqp", "sst2", "cola")
SEEDS = (1, 2, 3)
GRID = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
MINIATURE = (0.0, 0.4, 0.7, 0.9)
ARMS = (("retrained", "magnitude"), ("deleted", "magnitude"), ("after", "magnitude"), ("retrained", "random"))
LOSS = {0.0: 2.0, 0.2: 2.01, 0.3: 2.02, 0.4: 2.04, 0.5: 2.2, 0.6: 2.5, 0.7: 3.0, 0.8: 4.0, 0.9: 6.0}
"""Of masked LM, by sparsity."""
Accuracy = Callable[[str, str, float, str], float]
"""By schedule, criterion, sparsity and task."""


def plain(schedule: str, criterion: str, sparsity: float, task: str) -> float:
    """All arms lose the same, and nothing up to 40%."""
    return 0.8 - max(0.0, sparsity - 0.4) / 2


def run(task: str, seed: int, accuracy: Accuracy = plain, grid: Sequence[float] = GRID, worse: float = 3.0) -> pd.DataFrame:
    """One run in all arms; at 90% training ends at ``worse`` times the unpruned model's loss."""
    rows = [
        {
            "schedule": schedule,
            "criterion": criterion,
            "fraction": sparsity,
            "removed": round(1000 * sparsity),
            "removed_fraction": sparsity,
            "accuracy": accuracy(schedule, criterion, sparsity, task),
            "loss": 1.0,
            "training_loss": 0.2 * (worse if sparsity > 0.85 else 1.0),
        }
        for schedule, criterion in ARMS
        for sparsity in grid
    ]
    return _keyed(rows, task, seed)


def masked_lm(seed: int, grid: Sequence[float] = GRID) -> pd.DataFrame:
    """The sparse pre-trained models themselves, pruned by magnitude and at random."""
    rows = [
        {"schedule": "retrained", "criterion": criterion, "fraction": sparsity, "removed": round(1000 * sparsity)}
        | {"removed_fraction": sparsity, "accuracy": np.nan, "training_loss": np.nan}
        | {"loss": LOSS[sparsity] * (1.0 if criterion == "magnitude" else 2.0)}
        for criterion in ("magnitude", "random")
        for sparsity in grid
    ]
    return _keyed(rows, "mlm", seed)


def _keyed(rows: list[dict[str, object]], task: str, seed: int) -> pd.DataFrame:
    keys = {"study": "test", "model": "roberta", "task": task, "seed": seed, "collapsed": False, "source": "weights.parquet"}
    return pd.DataFrame(rows).assign(**keys)


def study(
    by_seed: Callable[[int], Accuracy] = lambda seed: plain,
    tasks: Sequence[str] = TASKS,
    seeds: Sequence[int] = SEEDS,
    grid: Sequence[float] = GRID,
    worse: float = 3.0,
) -> Tables:
    """Runs on all tasks, seeds and sparsities; ``by_seed`` gives the accuracies of a seed."""
    parts = [run(task, seed, by_seed(seed), grid, worse) for task in tasks for seed in seeds]
    return Tables(weights=pd.concat([*parts, *(masked_lm(seed, grid) for seed in seeds)], ignore_index=True))


def collapse(tables: Tables, **where: object) -> Tables:
    """The tables with the points collapsed whose columns hold these values."""
    rows = tables.weights
    chosen = np.logical_and.reduce([rows[column] == value for column, value in where.items()])
    assert chosen.any()
    return replace(tables, weights=rows.assign(collapsed=rows["collapsed"] | chosen))


def differing(schedule: str, criterion: str, least: float, most: float, scale: Callable[[str], float] = lambda task: 1.0):
    """Tables in which an arm differs from the retrained one by a value within a range of sparsities; by seed."""

    def tables(values: Sequence[float]) -> Tables:
        def of(seed: int) -> Accuracy:
            def accuracy(own: str, by: str, sparsity: float, task: str) -> float:
                more = (own, by) == (schedule, criterion) and least <= sparsity <= most
                return plain(own, by, sparsity, task) + more * values[seed - 1] * scale(task)

            return accuracy

        return study(of, seeds=range(1, len(values) + 1))

    return tables


def w1(values: Sequence[float]) -> Tables:
    """This share of the accuracy is left at 40%; just as much is lost at any other sparsity."""

    def of(seed: int) -> Accuracy:
        return lambda schedule, criterion, sparsity, task: 0.8 * (values[seed - 1] if sparsity == 0.4 else float(not sparsity))

    return study(of, seeds=range(1, len(values) + 1))


def w5(values: Sequence[float]) -> Tables:
    """Accuracies whose correlation with the loss over the sparsities is exactly a value: r of itself, the rest orthogonal."""
    loss = np.array([LOSS[sparsity] for sparsity in GRID])
    along = (loss - loss.mean()) / loss.std()
    other = np.random.default_rng(0).normal(size=len(loss))
    other -= other.mean() + along * (along @ other) / len(loss)
    across = other / other.std()

    def of(seed: int) -> Accuracy:
        r = values[seed - 1]
        accuracies = dict(zip(GRID, 0.6 + 0.1 * (r * along + np.sqrt(1 - r**2) * across), strict=True))
        return lambda schedule, criterion, sparsity, task: accuracies[sparsity] if schedule == "deleted" else 0.123

    return study(of, seeds=range(1, len(values) + 1))


def movement(task: str, seed: int, moved: float = 0.03, differ: float = 0.04, grid: Sequence[float] = GRID) -> pd.DataFrame:
    """Two matrices, of which the larger counts three times; at other sparsities than 60% the masks differ wholly."""
    rows = [
        {"matrix": matrix, "size": size, "movement": moved + by, "sd": 0.01, "fraction": sparsity}
        | {"masks_differ": differ + by if sparsity == 0.6 else 1.0}
        for matrix, size, by in (("words", 300, 0.01), ("query", 100, -0.03))
        for sparsity in grid
    ]
    keys = {"study": "test", "model": "roberta", "task": task, "seed": seed, "source": f"movement of {task}, {seed}"}
    return pd.DataFrame(rows).assign(**keys)


def w7(values: Sequence[float]) -> Tables:
    return Tables(movements=pd.concat([movement(task, seed, value) for task in TASKS for seed, value in enumerate(values, 1)]))


def _larger(task: str) -> float:
    return {"mnli": 1.5, "qqp": 1.5, "sst2": 0.5, "cola": 0.5}[task]


MADE: dict[str, Callable[[Sequence[float]], Tables]] = {
    "W1": w1,
    "W2": differing("retrained", "magnitude", 0.7, 0.7),
    "W3": differing("deleted", "magnitude", 0.4, 0.6),
    "W4": differing("deleted", "magnitude", 0.9, 0.9, _larger),
    "W5": w5,
    "W6": differing("after", "magnitude", 0.5, 0.9),
    "W7": w7,
    "W8": differing("retrained", "random", 0.1, 0.8),
}
VALUES: dict[str, dict[str, tuple[float, ...]]] = {
    "supported": {
        "W1": (0.995, 0.996, 0.997),
        "W2": (-0.05, -0.051, -0.052),
        "W3": (0.0, 0.001, 0.002),
        "W4": (0.05, 0.051, 0.052),
        "W5": (-0.99, -0.985, -0.98),
        "W6": (-0.01, -0.011, -0.009),
        "W7": (0.03, 0.031, 0.032),
        "W8": (-0.05, -0.051, -0.052),
    },
    "contradicted": {
        "W1": (0.9, 0.901, 0.902),
        "W2": (0.2, 0.201, 0.202),
        "W3": (0.05, 0.051, 0.052),
        "W4": (-0.05, -0.051, -0.052),
        "W5": (-0.5, -0.51, -0.52),
        "W6": (0.05, 0.051, 0.052),
        "W7": (0.1, 0.101, 0.102),
        "W8": (0.05, 0.051, 0.052),
    },
    "inconclusive": {
        "W1": (0.95, 0.99, 1.03),
        "W2": (0.1, 0.15, 0.2),
        "W3": (-0.02, 0.01, 0.03),
        "W4": (-0.05, 0.0, 0.06),
        "W5": (-0.7, -0.9, -0.98),
        "W6": (-0.03, 0.0, 0.04),
        "W7": (0.02, 0.06, 0.1),
        "W8": (-0.05, 0.0, 0.06),
    },
}
"""What each claim's first quantity is made of, by the verdict that follows: a share, a difference, a correlation.

That of W2 lies above what 30 points of sparsity cost anyway; W8's is what pruning at random has more.
"""
