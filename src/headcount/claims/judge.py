"""Each of the paper's claims as a pure function over the tables of a study."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from headcount.claims.bars import BARS, CLAIMED, FROZEN_LAYERS, HARDEST_SHARED, LAYERS, LEVELS, TASKS
from headcount.claims.evidence import Evidence, Quantity, concluded, measure, said, without_model
from headcount.claims.statistics import CONFIDENCE, RESAMPLES
from headcount.claims.tables import Runs, Settings, Tables, column, correlation, more_kept, prunable, upper_minus_lower
from headcount.claims.verdicts import Claim, Verdicts
from headcount.data.tasks import MASKED_LM
from headcount.phrasing import difference, listed, number, percent, points

HELD, ON_PRETRAIN = LEVELS["downstream"].value, LEVELS["pretrain"].value
OWN = "gate_gradient"
"""The criterion of a curve whose heads went in the order of the run's own importance."""
CROSSINGS = {
    "first_crossing": "a curve holds a level up to its first point below it",
    "last_crossing": "a curve holds a level up to its last point that reaches it",
}
NORMS = {"l1": "l1", "l2": "l2", "none": "no norm"}


def judge(tables: Tables, settings: Settings) -> Verdicts:
    """All verdicts on a study.

    Raises:
        ValueError: rows of another study; curves as ``headcount.analysis.required.largest_removed`` refuses them.
    """
    tables.refuse_others(settings.study)
    return Verdicts(
        study=settings.study,
        roles=dict(settings.roles),
        confidence=CONFIDENCE,
        resamples=RESAMPLES,
        claims=[judge_claim(identifier, tables, settings) for identifier in CLAIMED],
    )


def judge_claim(identifier: str, tables: Tables, settings: Settings) -> Claim:
    """The verdict on one claim; not run where the study has no model that it is about."""
    models = [model for role in CLAIMED[identifier].roles if (model := settings.roles.get(role)) is not None]
    if len(models) < len(CLAIMED[identifier].roles):
        return without_model(identifier, settings)
    return concluded(identifier, models, EVIDENCE[identifier](tables, settings, *models))


# ------------------------------------------------------------------------------------------- §3.3 and App. D: prunability


def _prunable(tables: Tables, settings: Settings, model: str, task: str, level: float = HELD) -> Runs:
    norm = tables.norm_of("curves", model, settings.norm)
    value = prunable(level, settings.crossing)
    return tables.per_seed("curves", model, task, value, criterion=OWN, norm=norm)


def _read(tables: Tables, settings: Settings, *models: str, table: str = "curves") -> str:
    """How curves were read."""
    norms = [f"{model} under {NORMS[tables.norm_of(table, model, settings.norm)]}" for model in models]
    return f"Order of the heads: {listed(norms)}; {CROSSINGS[settings.crossing]}."


def many_heads_can_go(tables: Tables, settings: Settings, model: str) -> Evidence:
    """C1: the prunable fraction on each task."""
    what, bar = f"share of the heads that can go at {HELD} relative performance", BARS["C1"]
    found = [measure(title, title, what, bar, [(1, _prunable(tables, settings, model, task))]) for task, title in TASKS.items()]
    statement = (
        f"At {HELD:.0%} relative performance {model} can lose this share of its heads: {said(found, percent)};"
        f" the paper: more than {bar.value:.0%} on each task."
    )
    return Evidence(found, statement, f"{_read(tables, settings, model)}{_spacing(tables, model)}")


def _spacing(tables: Tables, model: str) -> str:
    """How finely the prunable fraction is known."""
    curves = tables.rows("curves", model=model, criterion=OWN)
    if curves.empty:
        return ""
    widest = float(np.diff(sorted(set(curves["removed_fraction"]))).max())
    return f" The curves' points lie up to {percent(widest)} of the heads apart; between them nothing is known."


def _less_prunable(tables: Tables, settings: Settings, bar: str, model: str, other: str) -> list[Quantity]:
    """The prunable fraction of one model minus that of another, on each task."""
    what = f"share of the heads that can go at {HELD} relative performance: {model} minus {other}"
    found = []
    for task, title in TASKS.items():
        own, others = (_prunable(tables, settings, one, task) for one in (model, other))
        found.append(measure(title, title, what, BARS[bar], [(1, own), (-1, others)]))
    return found


def _most_on_the_hardest(tables: Tables, settings: Settings, model: str, other: str) -> Quantity:
    """How much larger the difference between two models is on the tasks that the paper names than on the others."""
    terms = []
    for task in TASKS:
        hardest = task in HARDEST_SHARED
        weight = 1 / len(HARDEST_SHARED) if hardest else -1 / (len(TASKS) - len(HARDEST_SHARED))
        terms += [(weight, _prunable(tables, settings, model, task)), (-weight, _prunable(tables, settings, other, task))]
    ours, theirs = (listed([TASKS[task] for task in TASKS if (task in HARDEST_SHARED) == named]) for named in (True, False))
    what = f"mean of these differences on {ours} minus that on {theirs}"
    return measure(f"on {ours} minus that on {theirs}", f"{ours} minus {theirs}", what, BARS["C2 most"], terms)


def shared_heads_go_sooner(tables: Tables, settings: Settings, model: str, other: str) -> Evidence:
    """C2: the prunable fraction of the model with shared heads minus that of the main one; most on CoLA and MNLI?"""
    each, most = _less_prunable(tables, settings, "C2", model, other), _most_on_the_hardest(tables, settings, model, other)
    statement = (
        f"At {HELD:.0%} relative performance the share of heads that {model} can lose differs from {other}'s by these"
        f" percentage points: {said(each, points)}; the mean difference {most.said(points)}; the paper: all below 0."
    )
    return Evidence([*each, most], statement, _read(tables, settings, model, other))


def large_shared_heads_go_sooner(tables: Tables, settings: Settings, model: str, other: str) -> Evidence:
    """C9: the prunable fraction of the large model with shared heads minus that of the main one."""
    each = _less_prunable(tables, settings, "C9", model, other)
    statement = (
        f"At {HELD:.0%} relative performance the share of heads that {model} can lose differs from {other}'s by these"
        f" percentage points: {said(each, points)}; the paper: all below 0."
    )
    return Evidence(each, statement, _read(tables, settings, model, other))


def l1_keeps_most(tables: Tables, settings: Settings, model: str) -> Evidence:
    """C3: relative performance kept under l1 minus that under another norm, paired by seed and task."""
    found, complete = [], True
    for other in ("l2", "none"):
        runs = [_more_kept(tables, model, task, other) for task in TASKS]
        there = [TASKS[one.task] for one in runs if one.by_seed]
        complete = complete and len(there) == len(TASKS)
        # With no task at all, every one is missing: each keeps its weight, and the quantity is not run.
        terms = [(1 / (len(there) or len(TASKS)) if one.by_seed or not there else 0, one) for one in runs]
        label, what = f"l1 minus {NORMS[other]}", "relative performance, mean over the tasks and the points of the curves"
        note = f"on {listed(there)} alone" if 0 < len(there) < len(TASKS) else ""
        found.append(measure(f"under {NORMS[other]} by", label, what, BARS["C3"], terms, note))
    statement = (
        f"With the same share of its heads pruned, {model}'s relative performance under l1 differs, on average over the tasks"
        f" and in percentage points, from that {said(found, points)}; the paper: above 0."
    )
    return Evidence(found, statement, "Differences are paired by task and seed.", complete)


def _more_kept(tables: Tables, model: str, task: str, other: str) -> Runs:
    rows = tables.rows("curves", model=model, task=task, criterion=OWN)
    if rows.empty or not {"l1", other} <= set(rows["norm"]):
        return Runs(model, task, {}, {}, frozenset())
    return tables.per_seed("curves", model, task, more_kept("l1", other), criterion=OWN)


# -------------------------------------------------------------------------------------------------------- §4: consistency


def pretraining_recalls(tables: Tables, settings: Settings, model: str) -> Evidence:
    """C4: recall (Eq. 5) where the pre-train task keeps three quarters of its performance, beside its chance level."""
    what, bar = f"Recall_{HELD} at x = {ON_PRETRAIN}", BARS["C4"]
    found = []
    for task, title in TASKS.items():
        runs, chance = (_recall(tables, settings, model, task, name) for name in ("recall", "chance"))
        known = bool(runs.by_seed and chance.by_seed)
        beside = f"by chance {percent(_mean(chance))}" if known else ""
        note = _chance(tables, settings, model, task, _mean(runs)) if known else ""
        found.append(measure(title, title, what, bar, [(1, runs)], note, beside))
    statement = (
        f"The heads that {model} needs for {ON_PRETRAIN:.0%} of its masked-LM performance include this share of those that a"
        f" task needs for {HELD:.0%} of its own: {said(found, percent)}; the paper: more than {bar.value:.0%} on each."
    )
    return Evidence(found, statement, _read(tables, settings, model, table="recall"))


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

    norm, bar = tables.norm_of("curves", model, settings.norm), BARS["C5"]
    runs = tables.per_seed("curves", model, MASKED_LM, kept, criterion=OWN, norm=norm)
    what = f"share of the heads that is kept at {ON_PRETRAIN} relative performance"
    found = [measure("", "masked LM", what, bar, [(1, runs)])]
    statement = (
        f"For {ON_PRETRAIN:.0%} of its masked-LM performance {model} needs {said(found, percent)} of its heads;"
        f" the paper: fewer than {bar.value:.0%}."
    )
    return Evidence(found, statement, _read(tables, settings, model))


# ---------------------------------------------------------------------------------- §5 and App. E: what fine-tuning moves


def lower_layers_change_less(tables: Tables, settings: Settings, model: str) -> Evidence:
    """C6: how much more the upper half of the layers changes than the lower half, by two measures."""
    measures = {
        "JS divergence of attention": ("heads", upper_minus_lower("attention_js", lowest=0)),
        "L2 distance of hidden states": ("layers", upper_minus_lower("hidden_l2", lowest=1)),
    }
    found = {
        name: [
            measure(
                title,
                f"{title}, {name.partition(' ')[0]}",
                f"{name}, upper half of the layers minus the lower half",
                BARS["C6"],
                [(1, tables.per_seed(table, model, task, value))],
            )
            for task, title in TASKS.items()
        ]
        for name, (table, value) in measures.items()
    }
    told = "; ".join(f"{name} {said(each, difference)}" for name, each in found.items())
    statement = f"Fine-tuning changes {model}'s upper layers more than its lower ones by: {told}; the paper: above 0."
    note = "Every layer counts alike; the embeddings' output is none, and the middle one of an odd number is in neither half."
    return Evidence([one for each in found.values() for one in each], statement, note)


def lower_layers_can_be_frozen(tables: Tables, settings: Settings, model: str) -> Evidence:
    """C7: the relative score of fine-tuning with the lowest layers frozen."""
    rows = tables.rows("freezing", model=model)
    layers = listed([str(count) for count in sorted(set(rows["layers"]))]) if len(rows) else "none"
    found = []
    for task, title in TASKS.items():
        runs = tables.per_seed("freezing", model, task, column("relative_score"))
        bar = BARS.get(f"C7 {task}", BARS["C7"])
        found.append(measure(title, title, "score with frozen lower layers over the ordinary run's", bar, [(1, runs)]))
    cola, others = BARS["C7 cola"].value, BARS["C7"].value
    statement = (
        f"With its embeddings and lowest layers frozen ({layers}), {model}'s relative score is: {said(found, number)};"
        f" the paper: {cola} on CoLA, more than {others} on the others."
    )
    return Evidence(found, statement, f"Layers frozen: {layers}; the paper: {FROZEN_LAYERS} of {LAYERS}.")


def importance_is_not_divergence(tables: Tables, settings: Settings, model: str) -> Evidence:
    """C8: Pearson's r over the heads of un-normalised importance and JS divergence, for both importances."""
    bar = BARS["C8"]
    found = {
        name: [
            measure(
                title,
                f"{title}, importance on the {name} task",
                "Pearson's r of importance and JS divergence over the heads",
                bar,
                [(1, tables.per_seed("heads", model, task, correlation(importance, "attention_js")))],
            )
            for task, title in TASKS.items()
        ]
        for name, importance in (("pre-train", "pretrain_importance"), ("downstream", "importance"))
    }
    told = "; ".join(f"with importance on the {name} task {said(each, difference)}" for name, each in found.items())
    statement = (
        f"Over {model}'s heads the JS divergence of attention correlates (Pearson's r) {told};"
        f" the paper: within ±{bar.value:.2f}."
    )
    return Evidence([one for each in found.values() for one in each], statement, "Importance is not normalised (Eq. 2).")


EVIDENCE: dict[str, Callable[..., Evidence]] = {
    "C1": many_heads_can_go,
    "C2": shared_heads_go_sooner,
    "C3": l1_keeps_most,
    "C4": pretraining_recalls,
    "C5": few_heads_for_masked_lm,
    "C6": lower_layers_change_less,
    "C7": lower_layers_can_be_frozen,
    "C8": importance_is_not_divergence,
    "C9": large_shared_heads_go_sooner,
}
"""A function for each claim: of the tables, the settings, and the models that play the claim's roles."""
