"""How the claims read curves: which of them, at which level, and at which crossing of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from jaxtyping import Float64

from headcount.analysis.required import Crossing, prunable_share
from headcount.claims.heads import LEVELS
from headcount.claims.settings import Settings
from headcount.claims.tables import Runs, Tables, weakness
from headcount.claims.values import numbers
from headcount.criteria import OWN
from headcount.phrasing import listed, norm_name

HELD, ON_PRETRAIN = LEVELS["downstream"].value, LEVELS["pretrain"].value
CROSSINGS: dict[Crossing, str] = {
    "first_crossing": "a curve holds a level up to its first point below it",
    "last_crossing": "a curve holds a level up to its last point that reaches it",
}

Relative = Float64[np.ndarray, "*resamples points"]
Statistic = Callable[..., np.ndarray]
"""From removed fractions ``[points]`` and the relative scores of one curve or several to numbers ``[*resamples]``."""


def own_order(settings: Settings) -> dict[str, str]:
    """The curves that the paper's claims are about: of heads, in the order of the run's own importance."""
    return {"unit": "head", "criterion": OWN, "schedule": settings.schedule}


def values_of_curves(
    tables: Tables, settings: Settings, model: str, task: str, statistic: Statistic, norms: Sequence[str] = ()
) -> Runs:
    """A number per seed from the curves of a model on a task, and again on resampled examples where outcomes are known.

    Args:
        norms: whose curves the statistic takes, in their order; if none, the norm that the model is read in. A seed that lacks
            one of them is not among the runs.

    Raises:
        ValueError: curves of a seed that do not have the same points.
    """
    norms = norms or [tables.norm_of("curves", model, settings.norm, **own_order(settings))]
    rows = tables.rows("curves", model=model, task=task, norm=norms, **own_order(settings))
    known = rows.groupby("seed")["norm"].nunique() if len(rows) else pd.Series(dtype=int)
    whole = known[known == len(norms)].index.tolist()

    def value(rows: pd.DataFrame) -> float | None:
        fractions, curves = _curves(rows, norms)
        observed = float(statistic(fractions, *(numbers(curve["relative_score"]) for curve in curves)))
        return None if np.isnan(observed) else observed

    runs = tables.per_seed("curves", model, task, value, seed=whole, norm=norms, **own_order(settings))
    draws, weak = {}, dict(runs.weak)
    for seed in runs.by_seed:
        fractions, curves = _curves(rows[rows["seed"] == seed], norms)
        scores = [found for curve in curves if (found := tables.resampled(curve)) is not None]
        if len(scores) < len(norms):
            continue
        if said := weakness(float(numbers(curves[0]["score"])[0]), float(scores[0][:, 0].std(ddof=1))):
            weak[seed] = said
        draws[seed] = statistic(fractions, *map(relative_to_whole, scores))
    return replace(runs, draws=draws, weak=weak)


def relative_to_whole(scores: Float64[np.ndarray, "resamples points"]) -> Relative:
    """Each score over the first of its row, the whole model's; NaN where that is not above 0."""
    whole = scores[:, :1]
    found: Relative = np.divide(scores, whole, out=np.full_like(scores, np.nan), where=whole > 0)
    return found


def _curves(rows: pd.DataFrame, norms: Sequence[str]) -> tuple[Float64[np.ndarray, " points"], list[pd.DataFrame]]:
    """The curves of one seed in the order of the norms, and the fractions at their points."""
    curves = [rows[rows["norm"] == norm].sort_values("removed") for norm in norms]
    if any(curve["removed"].tolist() != curves[0]["removed"].tolist() for curve in curves):
        raise ValueError(f"seed {rows['seed'].iloc[0]}: the curves of {listed(list(norms))} have different points")
    return numbers(curves[0]["removed_fraction"]), curves


def prunable(level: float, crossing: Crossing) -> Statistic:
    """The share of the units that can go at a level."""

    def statistic(fractions: np.ndarray, relative: Relative) -> np.ndarray:
        return prunable_share(fractions, relative, level, crossing)

    return statistic


def how_read(tables: Tables, settings: Settings, *models: str, table: str = "curves") -> str:
    """How curves were read, as a sentence."""
    which = own_order(settings) if table == "curves" else {}
    norms = {model: tables.norm_of(table, model, settings.norm, **which) for model in models}
    read = listed([f"{model} under {norm_name(norm, noun=False)}" for model, norm in norms.items()])
    return f"Order of the heads: {read}; {CROSSINGS[settings.crossing]}."
