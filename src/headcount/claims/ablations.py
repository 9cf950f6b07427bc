"""How the claims read ablations: a number per seed from what a model answers without some features, and again on resamples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from jaxtyping import Float64

from headcount.claims.tables import Runs, Tables, weakness
from headcount.claims.values import numbers
from headcount.phrasing import number

Numbers = Float64[np.ndarray, "*resamples"]
Arm = Mapping[str, str]
"""Trials of one kind, by what their columns hold."""
WHOLE: Arm = {"arm": "none"}
ALL: Arm = {"arm": "all", "replace": "zero"}
MEAN: Arm = {"arm": "all", "replace": "mean"}
RANDOM: Arm = {"arm": "random", "replace": "zero"}


def chosen(trials: pd.DataFrame, arm: Arm) -> np.ndarray:
    """Which trials are of an arm."""
    found: np.ndarray = np.logical_and.reduce([trials[column] == wanted for column, wanted in arm.items()])
    return found


@dataclass(frozen=True)
class Ablation:
    """What one model answers to one task in each trial, as it was observed or on resampled examples."""

    trials: pd.DataFrame
    scores: Float64[np.ndarray, "*resamples trials"]
    losses: Float64[np.ndarray, "*resamples trials"]

    def loss(self, arm: Arm) -> Numbers:
        """The mean over an arm's trials."""
        found: Numbers = self.losses[..., chosen(self.trials, arm)].mean(axis=-1)
        return found

    def score(self, arm: Arm) -> Numbers:
        found: Numbers = self.scores[..., chosen(self.trials, arm)].mean(axis=-1)
        return found

    def relative_loss(self, arm: Arm) -> Numbers:
        found: Numbers = self.loss(arm) / self.loss(WHOLE)
        return found

    def relative_score(self, arm: Arm) -> Numbers:
        """NaN where the whole model's score is not above 0."""
        own, whole = self.score(arm), self.score(WHOLE)
        found: Numbers = np.divide(own, whole, out=np.full_like(own, np.nan), where=whole > 0)
        return found


Statistic = Callable[[Ablation], Numbers]


def values_of_ablations(
    tables: Tables,
    model: str,
    task: str,
    arms: Sequence[Arm],
    statistic: Statistic,
    strength: Statistic | None = None,
    weak: str = "",
) -> Runs:
    """A number per seed from the ablations of a model on a task, and again on resampled examples where outcomes are known.

    Args:
        arms: what the statistic reads besides the whole model. A seed that lacks one of them is not among the runs.
        strength: what must lie five standard errors above zero, or the number is not measurable; ``weak`` names it.
    """
    rows = tables.rows("ablations", model=model, task=task)
    has = {seed: all(chosen(run, arm).any() for arm in (WHOLE, *arms)) for seed, run in _by_seed(rows).items()}

    def value(run: pd.DataFrame) -> float | None:
        observed = float(statistic(_observed(run)))
        return observed if np.isfinite(observed) else None

    runs = tables.per_seed("ablations", model, task, value, seed=[seed for seed, whole in has.items() if whole])
    draws, too_weak = {}, dict(runs.weak)
    for seed in runs.by_seed:
        run = rows[rows["seed"] == seed]
        found = tables.resampled_ablation(run)
        resampled = None if found is None else Ablation(run, *found)
        if resampled is not None:
            draws[seed] = statistic(resampled)
        if strength is not None and (said := _weakness(strength, _observed(run), resampled, weak)):
            too_weak[seed] = said
    return replace(runs, draws=draws, weak=too_weak)


def _by_seed(rows: pd.DataFrame) -> dict[int, pd.DataFrame]:
    return {int(seed): rows[rows["seed"] == seed] for seed in sorted(set(rows["seed"]))} if len(rows) else {}


def _observed(run: pd.DataFrame) -> Ablation:
    return Ablation(run, numbers(run["score"]), numbers(run["loss"]))


def _weakness(strength: Statistic, observed: Ablation, resampled: Ablation | None, name: str) -> str:
    """What is to be said of a number that is less than five standard errors above zero; nothing of another."""
    value = float(strength(observed))
    error = 0.0 if resampled is None else float(strength(resampled).std(ddof=1))
    return weakness(value, error, name) or (f"{name} {number(value)}, not above 0" if value <= 0 else "")
