"""§3.3 and App. D: how many heads can go (C1, C2, C3, C9)."""

from __future__ import annotations

import numpy as np

from headcount.analysis.required import ROUNDING
from headcount.claims.curves import HELD, Relative, Statistic, how_read, own_order, prunable, values_of_curves
from headcount.claims.evidence import Evidence, Quantity, said
from headcount.claims.heads import BARS, HARDEST_SHARED, PAPER_TASKS
from headcount.claims.settings import Settings
from headcount.claims.tables import Runs, Tables
from headcount.data.tasks import title
from headcount.phrasing import listed, norm_name, percent, points


def _prunable(tables: Tables, settings: Settings, model: str, task: str) -> Runs:
    return values_of_curves(tables, settings, model, task, prunable(HELD, settings.crossing))


def many_heads_can_go(tables: Tables, settings: Settings, model: str) -> Evidence:
    """C1: the prunable share on each task."""
    what, bar = f"share of the heads that can go at {HELD} relative performance", BARS["C1"]
    found = [
        Quantity(title(task), title(task), what, bar, [(1, _prunable(tables, settings, model, task))]) for task in PAPER_TASKS
    ]
    statement = (
        f"At {percent(HELD, 0)} relative performance {model} can lose this share of its heads: {said(found, percent)};"
        f" the paper: more than {percent(bar.value, 0)} on each task."
    )
    return Evidence(found, statement, f"{how_read(tables, settings, model)}{_spacing(tables, settings, model)}")


def _spacing(tables: Tables, settings: Settings, model: str) -> str:
    """How finely the curve is known."""
    curves = tables.rows("curves", model=model, **own_order(settings))
    if curves.empty:
        return ""
    widest = float(np.diff(sorted(set(curves["removed_fraction"]))).max())
    return f" The curves' points lie up to {percent(widest)} of the heads apart; between them a share is read off linearly."


def _less_prunable(tables: Tables, settings: Settings, bar: str, model: str, other: str) -> list[Quantity]:
    """The prunable share of one model minus that of another, on each task."""
    what = f"share of the heads that can go at {HELD} relative performance: {model} minus {other}"
    found = []
    for task in PAPER_TASKS:
        own, others = (_prunable(tables, settings, one, task) for one in (model, other))
        found.append(Quantity(title(task), title(task), what, BARS[bar], [(1, own), (-1, others)]))
    return found


def _most_on_the_hardest(each: list[Quantity]) -> Quantity:
    """How much larger the difference between two models is on the tasks that the paper names than on the others."""
    terms = []
    for task, quantity in zip(PAPER_TASKS, each, strict=True):
        hardest = task in HARDEST_SHARED
        weight = 1 / len(HARDEST_SHARED) if hardest else -1 / (len(PAPER_TASKS) - len(HARDEST_SHARED))
        terms += [(weight * sign, runs) for sign, runs in quantity.terms]
    ours, theirs = (
        listed([title(task) for task in PAPER_TASKS if (task in HARDEST_SHARED) == named]) for named in (True, False)
    )
    what = f"mean of these differences on {ours} minus that on {theirs}"
    return Quantity(f"on {ours} minus that on {theirs}", f"{ours} minus {theirs}", what, BARS["C2 most"], terms)


def shared_heads_go_sooner(tables: Tables, settings: Settings, model: str, other: str) -> Evidence:
    """C2: the prunable share of the model with shared heads minus that of the main one; most on CoLA and MNLI?"""
    each = _less_prunable(tables, settings, "C2", model, other)
    most = _most_on_the_hardest(each)
    statement = (
        f"At {percent(HELD, 0)} relative performance the share of heads that {model} can lose differs from {other}'s by these"
        f" percentage points: {said(each, points)}; the mean difference {most.said(points)}; the paper: all below 0."
    )
    return Evidence([*each, most], statement, how_read(tables, settings, model, other))


def large_shared_heads_go_sooner(tables: Tables, settings: Settings, model: str, other: str) -> Evidence:
    """C9: the prunable share of the large model with shared heads minus that of the main one."""
    each = _less_prunable(tables, settings, "C9", model, other)
    statement = (
        f"At {percent(HELD, 0)} relative performance the share of heads that {model} can lose differs from {other}'s by these"
        f" percentage points: {said(each, points)}; the paper: all below 0."
    )
    return Evidence(each, statement, how_read(tables, settings, model, other))


def l1_keeps_most(tables: Tables, settings: Settings, model: str) -> Evidence:
    """C3: the prunable share under l1 minus that under another norm, paired by seed, task and example.

    Beside it the difference in relative performance, over the region of high performance and over the whole curve.
    """
    at_level = f"share of the heads that can go at {HELD} relative performance, mean over the tasks"
    beside = {
        f"relative performance, mean over the tasks and the points at which either norm keeps {HELD}": _more_kept(HELD),
        "relative performance, mean over the tasks and all points of the curves": _more_kept(0.0),
    }
    found, controls, complete = [], [], True
    for other in ("l2", "none"):
        quantity, every_task = _against(tables, settings, model, other, at_level, _more_prunable(settings))
        complete = complete and every_task
        found.append(quantity)
        controls += [_against(tables, settings, model, other, what, statistic)[0] for what, statistic in beside.items()]
    statement = (
        f"At {percent(HELD, 0)} relative performance the share of heads that {model} can lose under l1 differs, on average over"
        f" the tasks and in percentage points, from that {said(found, points)}; the paper: above 0."
    )
    return Evidence(found, statement, "Differences are paired by task, seed and example.", complete, controls)


def _against(
    tables: Tables, settings: Settings, model: str, other: str, what: str, statistic: Statistic
) -> tuple[Quantity, bool]:
    """A statistic of the curves under l1 and another norm, averaged over the tasks; whether it has all of the paper's."""
    runs = [values_of_curves(tables, settings, model, task, statistic, ("l1", other)) for task in PAPER_TASKS]
    there = [title(one.task) for one in runs if one.by_seed]
    # With no task at all, every one is missing: each keeps its weight, and the quantity is not run.
    terms = [(1 / (len(there) or len(PAPER_TASKS)) if one.by_seed or not there else 0, one) for one in runs]
    under = norm_name(other, noun=False)
    remark = f"on {listed(there)} alone" if 0 < len(there) < len(PAPER_TASKS) else ""
    quantity = Quantity(f"under {under} by", f"l1 minus {under}", what, BARS["C3"], terms, remark)
    return quantity, len(there) == len(PAPER_TASKS)


def _more_prunable(settings: Settings) -> Statistic:
    share = prunable(HELD, settings.crossing)

    def statistic(fractions: np.ndarray, own: Relative, others: Relative) -> np.ndarray:
        return share(fractions, own) - share(fractions, others)

    return statistic


def _more_kept(level: float) -> Statistic:
    """How much more relative performance one curve has than another: the mean over the points where either holds a level."""

    def statistic(fractions: np.ndarray, own: Relative, others: Relative) -> np.ndarray:
        read = np.maximum(own, others) >= level - ROUNDING if level else np.isfinite(own)
        with np.errstate(invalid="ignore"):
            found: np.ndarray = np.where(read, own - others, 0.0).sum(-1) / read.sum(-1)
        return found

    return statistic
