"""§4: do the pre-train task's heads cover those of the downstream tasks (C4, C5), and do they do for them (C10)?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from jaxtyping import Float64

from headcount.analysis.required import last_reached
from headcount.claims.curves import (
    HELD,
    ON_PRETRAIN,
    Relative,
    how_read,
    own_order,
    prunable,
    relative_to_whole,
    values_of_curves,
)
from headcount.claims.evidence import Evidence, Quantity, said
from headcount.claims.heads import BARS, PAPER_TASKS
from headcount.claims.settings import Settings
from headcount.claims.tables import Runs, Tables
from headcount.claims.values import column, numbers
from headcount.data.tasks import MASKED_LM, title
from headcount.phrasing import number, percent


def pretraining_recalls(tables: Tables, settings: Settings, model: str) -> Evidence:
    """C4: recall (Eq. 5) where the pre-train task keeps three quarters of its performance, beside chance and its ceiling."""
    what, bar = f"Recall_{HELD} at x = {ON_PRETRAIN}", BARS["C4"]
    found = []
    for task in PAPER_TASKS:
        runs = replace(_recall(tables, settings, model, task, "recall"), draws=_recall_draws(tables, settings, model, task))
        rows = _rows(tables, settings, model, task)
        rows = rows[rows["seed"].isin(runs.by_seed)] if len(rows) else rows
        remark, beside = _by_chance(rows) if len(rows) else ("", "")
        found.append(Quantity(title(task), title(task), what, bar, [(1, runs)], remark, beside))
    level, held = percent(ON_PRETRAIN, 0), percent(HELD, 0)
    statement = (
        f"The heads that {model} needs for {level} of its masked-LM performance include this share of those that a task needs"
        f" for {held} of its own: {said(found, percent)}; the paper: more than {percent(bar.value, 0)} on each."
    )
    return Evidence(found, statement, how_read(tables, settings, model, table="recall"))


def _wanted(tables: Tables, settings: Settings, model: str) -> dict[str, str | float]:
    norm = tables.norm_of("recall", model, settings.norm)
    return {"norm": norm, "crossing": settings.crossing, "x": ON_PRETRAIN, "downstream_level": HELD}


def _rows(tables: Tables, settings: Settings, model: str, task: str) -> pd.DataFrame:
    return tables.rows("recall", model=model, task=task, **_wanted(tables, settings, model))


def _recall(tables: Tables, settings: Settings, model: str, task: str, name: str) -> Runs:
    return tables.per_seed("recall", model, task, column(name), **_wanted(tables, settings, model))


def _by_chance(rows: pd.DataFrame) -> tuple[str, str]:
    """What to say of chance and of the ceiling, as a remark and in brackets.

    The mean over the seeds is held against the mean of as many random sets: of one set the recall has the hypergeometric
    distribution's variance.
    """
    from scipy.stats import hypergeom, norm

    kept, wanted, heads = (numbers(rows[name]) for name in ("pretrain_heads", "downstream_heads", "heads"))
    recall, chance = float(numbers(rows["recall"]).mean()), float((kept / heads).mean())
    error = float(np.sqrt((hypergeom.var(heads, wanted, kept) / wanted**2).sum())) / len(rows)
    ceiling = float(np.minimum(1, kept / wanted).mean())
    tail = float(norm.sf((recall - chance) / error)) if error else float(recall <= chance)
    above = f"above it with p = {number(tail)}" if tail <= 0.05 else "the value is no more than chance gives"
    level = f"chance level {number(chance)} ± {number(error)} (mean of {len(rows)} random sets)"
    remark = f"{level}: {above}; at most {number(ceiling)}"
    return remark, f"by chance {percent(chance)}, at most {percent(ceiling)}"


def _recall_draws(tables: Tables, settings: Settings, model: str, task: str) -> dict[int, Float64[np.ndarray, " resamples"]]:
    """The recalls of each seed again, on resampled blocks and examples; none where outcomes or orders are not known."""
    draws: dict[int, Float64[np.ndarray, " resamples"]] = {}
    norm = tables.norm_of("curves", model, settings.norm, **own_order(settings))
    curves = tables.rows("curves", model=model, norm=norm, **own_order(settings))
    for seed in sorted(set(curves["seed"])) if len(curves) else ():
        sides = [curves[(curves["seed"] == seed) & (curves["task"] == one)].sort_values("removed") for one in (MASKED_LM, task)]
        if any(side.empty for side in sides):
            continue
        scores = [found for side in sides if (found := tables.resampled(side)) is not None]
        orders = [order for side in sides if (order := tables.order(side)) is not None]
        if len(scores) < len(sides) or len(orders) < len(sides):
            continue
        levels = (ON_PRETRAIN, HELD)
        shares = map(relative_to_whole, scores)
        gone = [last_reached(*one, settings.crossing) for one in zip(shares, levels, strict=True)]
        kept = [[frozenset(order[count:]) for count in side["removed"]] for side, order in zip(sides, orders, strict=True)]
        recalls = np.array([[len(own & wanted) / len(wanted) if wanted else np.nan for wanted in kept[1]] for own in kept[0]])
        draws[int(seed)] = recalls[gone[0], gone[1]]
    return draws


def few_heads_for_masked_lm(tables: Tables, settings: Settings, model: str) -> Evidence:
    """C5: the share of the heads that is left where the masked-LM performance is three quarters of the whole model's."""
    gone = prunable(ON_PRETRAIN, settings.crossing)

    def kept(fractions: np.ndarray, relative: Relative) -> np.ndarray:
        return 1 - gone(fractions, relative)

    bar = BARS["C5"]
    runs = values_of_curves(tables, settings, model, MASKED_LM, kept)
    what = f"share of the heads that is kept at {ON_PRETRAIN} relative performance"
    found = [Quantity("", "masked LM", what, bar, [(1, runs)])]
    statement = (
        f"For {percent(ON_PRETRAIN, 0)} of its masked-LM performance {model} needs {said(found, percent)} of its heads;"
        f" the paper: fewer than {percent(bar.value, 0)}."
    )
    return Evidence(found, statement, how_read(tables, settings, model))


def pruned_first_does_well(tables: Tables, settings: Settings, model: str) -> Evidence:
    """C10: the score of fine-tuning after as much pruning as the guideline allows, over the unpruned run's.

    Of the shares that were tried, the largest at which masked LM keeps three quarters of its performance.
    """
    what, bar = "score when pruned before fine-tuning, over the unpruned run's", BARS["C10"]
    found, gone = [], set()
    for task in PAPER_TASKS:
        rows = tables.rows("before_after", model=model, task=task, arm="before")
        if len(rows):
            rows = rows[numbers(rows["pretrain_relative_score"]) >= ON_PRETRAIN]
            rows = rows.sort_values("removed").groupby("seed", as_index=False).tail(1)
            gone |= set(rows["removed_fraction"])
        guided = replace(tables, before_after=rows)
        runs = guided.per_seed("before_after", model, task, column("relative_score"))
        removed = dict(zip(rows["seed"], map(int, rows["removed"]), strict=True)) if len(rows) else {}
        runs = tables.with_ratios(runs, {seed: removed[seed] for seed in runs.by_seed})
        found.append(Quantity(title(task), title(task), what, bar, [(1, runs)]))
    shares = " or ".join(percent(share, 0) for share in sorted(gone)) or "none"
    statement = (
        f"Pruned on masked LM to no less than {percent(ON_PRETRAIN, 0)} of that performance, then fine-tuned, {model} keeps"
        f" this share of the unpruned run's score: {said(found, percent)}; the paper: it does well, which is read as"
        f" {percent(bar.value, 0)} and more."
    )
    note = f"Share of the heads removed: {shares}."
    return Evidence(found, statement, note)
