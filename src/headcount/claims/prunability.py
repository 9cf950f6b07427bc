"""§3.3 and App. D: how many heads can go (C1, C2, C3, C9)."""

from __future__ import annotations

import numpy as np

from headcount.claims.bars import BARS, HARDEST_SHARED, PAPER_TASKS
from headcount.claims.curves import HELD, how_read, own_order, values_of_curves
from headcount.claims.evidence import Evidence, Quantity, measure, said
from headcount.claims.tables import Runs, Settings, Tables, more_kept, prunable
from headcount.data.tasks import title
from headcount.phrasing import listed, norm_name, percent, points


def _prunable(tables: Tables, settings: Settings, model: str, task: str) -> Runs:
    return values_of_curves(tables, settings, model, task, prunable(HELD, settings.crossing))


def many_heads_can_go(tables: Tables, settings: Settings, model: str) -> Evidence:
    """C1: the prunable fraction on each task."""
    what, bar = f"share of the heads that can go at {HELD} relative performance", BARS["C1"]
    found = [
        measure(title(task), title(task), what, bar, [(1, _prunable(tables, settings, model, task))]) for task in PAPER_TASKS
    ]
    statement = (
        f"At {percent(HELD, 0)} relative performance {model} can lose this share of its heads: {said(found, percent)};"
        f" the paper: more than {percent(bar.value, 0)} on each task."
    )
    return Evidence(found, statement, f"{how_read(tables, settings, model)}{_spacing(tables, settings, model)}")


def _spacing(tables: Tables, settings: Settings, model: str) -> str:
    """How finely the prunable fraction is known."""
    curves = tables.rows("curves", model=model, **own_order(settings))
    if curves.empty:
        return ""
    widest = float(np.diff(sorted(set(curves["removed_fraction"]))).max())
    return f" The curves' points lie up to {percent(widest)} of the heads apart; between them nothing is known."


def _less_prunable(tables: Tables, settings: Settings, bar: str, model: str, other: str) -> list[Quantity]:
    """The prunable fraction of one model minus that of another, on each task."""
    what = f"share of the heads that can go at {HELD} relative performance: {model} minus {other}"
    found = []
    for task in PAPER_TASKS:
        own, others = (_prunable(tables, settings, one, task) for one in (model, other))
        found.append(measure(title(task), title(task), what, BARS[bar], [(1, own), (-1, others)]))
    return found


def _most_on_the_hardest(tables: Tables, settings: Settings, model: str, other: str) -> Quantity:
    """How much larger the difference between two models is on the tasks that the paper names than on the others."""
    terms = []
    for task in PAPER_TASKS:
        hardest = task in HARDEST_SHARED
        weight = 1 / len(HARDEST_SHARED) if hardest else -1 / (len(PAPER_TASKS) - len(HARDEST_SHARED))
        terms += [(weight, _prunable(tables, settings, model, task)), (-weight, _prunable(tables, settings, other, task))]
    ours, theirs = (
        listed([title(task) for task in PAPER_TASKS if (task in HARDEST_SHARED) == named]) for named in (True, False)
    )
    what = f"mean of these differences on {ours} minus that on {theirs}"
    return measure(f"on {ours} minus that on {theirs}", f"{ours} minus {theirs}", what, BARS["C2 most"], terms)


def shared_heads_go_sooner(tables: Tables, settings: Settings, model: str, other: str) -> Evidence:
    """C2: the prunable fraction of the model with shared heads minus that of the main one; most on CoLA and MNLI?"""
    each, most = _less_prunable(tables, settings, "C2", model, other), _most_on_the_hardest(tables, settings, model, other)
    statement = (
        f"At {percent(HELD, 0)} relative performance the share of heads that {model} can lose differs from {other}'s by these"
        f" percentage points: {said(each, points)}; the mean difference {most.said(points)}; the paper: all below 0."
    )
    return Evidence([*each, most], statement, how_read(tables, settings, model, other))


def large_shared_heads_go_sooner(tables: Tables, settings: Settings, model: str, other: str) -> Evidence:
    """C9: the prunable fraction of the large model with shared heads minus that of the main one."""
    each = _less_prunable(tables, settings, "C9", model, other)
    statement = (
        f"At {percent(HELD, 0)} relative performance the share of heads that {model} can lose differs from {other}'s by these"
        f" percentage points: {said(each, points)}; the paper: all below 0."
    )
    return Evidence(each, statement, how_read(tables, settings, model, other))


def l1_keeps_most(tables: Tables, settings: Settings, model: str) -> Evidence:
    """C3: relative performance kept under l1 minus that under another norm, paired by seed and task."""
    found, complete = [], True
    for other in ("l2", "none"):
        runs = [_more_kept(tables, settings, model, task, other) for task in PAPER_TASKS]
        there = [title(one.task) for one in runs if one.by_seed]
        complete = complete and len(there) == len(PAPER_TASKS)
        # With no task at all, every one is missing: each keeps its weight, and the quantity is not run.
        terms = [(1 / (len(there) or len(PAPER_TASKS)) if one.by_seed or not there else 0, one) for one in runs]
        label, what = (
            f"l1 minus {norm_name(other, noun=False)}",
            "relative performance, mean over the tasks and the points of the curves",
        )
        note = f"on {listed(there)} alone" if 0 < len(there) < len(PAPER_TASKS) else ""
        found.append(measure(f"under {norm_name(other, noun=False)} by", label, what, BARS["C3"], terms, note))
    statement = (
        f"With the same share of its heads pruned, {model}'s relative performance under l1 differs, on average over the tasks"
        f" and in percentage points, from that {said(found, points)}; the paper: above 0."
    )
    return Evidence(found, statement, "Differences are paired by task and seed.", complete)


def _more_kept(tables: Tables, settings: Settings, model: str, task: str, other: str) -> Runs:
    rows = tables.rows("curves", model=model, task=task, **own_order(settings))
    if rows.empty or not {"l1", other} <= set(rows["norm"]):
        return Runs(model, task, {}, {}, frozenset())
    return tables.per_seed("curves", model, task, more_kept("l1", other), **own_order(settings))
