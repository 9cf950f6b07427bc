"""§4: do the pre-train task's heads cover those of the downstream tasks (C4, C5)?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from headcount.claims.bars import BARS, PAPER_TASKS
from headcount.claims.curves import HELD, ON_PRETRAIN, how_read, values_of_curves
from headcount.claims.evidence import Evidence, measure, said
from headcount.claims.tables import Runs, Settings, Tables, column, prunable
from headcount.data.tasks import MASKED_LM, title
from headcount.phrasing import number, percent


def pretraining_recalls(tables: Tables, settings: Settings, model: str) -> Evidence:
    """C4: recall (Eq. 5) where the pre-train task keeps three quarters of its performance, beside its chance level."""
    what, bar = f"Recall_{HELD} at x = {ON_PRETRAIN}", BARS["C4"]
    found = []
    for task in PAPER_TASKS:
        runs, chance = (_recall(tables, settings, model, task, name) for name in ("recall", "chance"))
        known = bool(runs.by_seed and chance.by_seed)
        beside = f"by chance {percent(_mean(chance))}" if known else ""
        note = _chance(tables, settings, model, task, _mean(runs)) if known else ""
        found.append(measure(title(task), title(task), what, bar, [(1, runs)], note, beside))
    level, held = percent(ON_PRETRAIN, 0), percent(HELD, 0)
    statement = (
        f"The heads that {model} needs for {level} of its masked-LM performance include this share of those that a task needs"
        f" for {held} of its own: {said(found, percent)}; the paper: more than {percent(bar.value, 0)} on each."
    )
    return Evidence(found, statement, how_read(tables, settings, model, table="recall"))


def _recall(tables: Tables, settings: Settings, model: str, task: str, name: str) -> Runs:
    norm = tables.norm_of("recall", model, settings.norm)
    wanted: dict[str, str | float] = {"norm": norm, "crossing": settings.crossing, "x": ON_PRETRAIN, "downstream_level": HELD}
    return tables.per_seed("recall", model, task, column(name), **wanted)


def _mean(runs: Runs) -> float:
    return float(np.mean(list(runs.by_seed.values())))


def _chance(tables: Tables, settings: Settings, model: str, task: str, recall: float) -> str:
    names = ("chance", "chance_low", "chance_high")
    mean, low, high = (_mean(_recall(tables, settings, model, task, name)) for name in names)
    told = f"chance level {number(mean)} (95% of random sets: {number(low)} to {number(high)})"
    return told if recall > high else f"{told}: the value is no more than chance gives"


def few_heads_for_masked_lm(tables: Tables, settings: Settings, model: str) -> Evidence:
    """C5: the share of the heads that is left where the masked-LM performance is three quarters of the whole model's."""
    gone = prunable(ON_PRETRAIN, settings.crossing)

    def kept(curve: pd.DataFrame) -> float | None:
        share = gone(curve)
        return None if share is None else 1 - share

    bar = BARS["C5"]
    runs = values_of_curves(tables, settings, model, MASKED_LM, kept)
    what = f"share of the heads that is kept at {ON_PRETRAIN} relative performance"
    found = [measure("", "masked LM", what, bar, [(1, runs)])]
    statement = (
        f"For {percent(ON_PRETRAIN, 0)} of its masked-LM performance {model} needs {said(found, percent)} of its heads;"
        f" the paper: fewer than {percent(bar.value, 0)}."
    )
    return Evidence(found, statement, how_read(tables, settings, model))
