"""Means over the tasks and sparsities of a study, and what is said of those that are not in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from headcount.claims.bars import Bar
from headcount.claims.evidence import Evidence, Quantity, Weighted
from headcount.claims.points import RETRAINED, Arm, Point, difference, tasks_of, values_of_points, why_none
from headcount.claims.tables import Runs, Tables
from headcount.data.tasks import title
from headcount.phrasing import listed, percent


def averaged(runs: Sequence[Runs]) -> list[Weighted]:
    """The mean over those runs that have a number; the others are told with it."""
    there = [one for one in runs if one.by_seed]
    return [(1 / len(there or runs) if one.by_seed or not there else 0, one) for one in runs]


def tasks_in(runs: Iterable[Runs]) -> list[str]:
    """The tasks that have a number."""
    return list(dict.fromkeys(one.task for one in runs if one.by_seed))


def together(*told: str) -> str:
    """What there is to say, one after the other."""
    return "; ".join(filter(None, told))


def named(tasks: Iterable[str]) -> str:
    return listed([title(task) for task in tasks])


def at(*sparsities: float | None) -> str:
    """At which sparsities, with a space before it; nothing where there is none."""
    told = listed([percent(one, 0) for one in sparsities if one is not None])
    return f" at {told}" if told else ""


def mean_difference(
    tables: Tables,
    model: str,
    what: str,
    bar: Bar,
    sparsities: Sequence[float],
    pair: Callable[[float], tuple[Point, Point]],
    *,
    name: str = "",
    label: str = "",
    tasks: Sequence[str] | None = None,
    remark: str = "",
) -> Quantity:
    """The accuracy at one point minus that at another, mean over the tasks (all, or these) and sparsities that have both.

    Each pair of a task and a sparsity counts alike; a pair with no run that has learnt is told, and not in the mean.
    """
    asked = tasks_of(tables, model) if tasks is None else tasks
    runs = [values_of_points(tables, model, task, pair(each), difference) for task in asked for each in sparsities]
    there = tasks_in(runs)
    on = f"on {named(there)}" if there and tasks is None else ""
    return Quantity(name, label or model, what, bar, averaged(runs), together(on, remark))


def unpruned_difference(
    tables: Tables, model: str, what: str, bar: Bar, pair: Callable[[float], tuple[Point, Point]]
) -> Quantity:
    """The same at sparsity 0, where arms differ by how long they are trained alone: how much of a difference is due to that."""
    told = f"{what}, where nothing is pruned, mean over the tasks: what the longer training brings by itself"
    return mean_difference(tables, model, told, bar, [0.0], pair, name="unpruned", label="sparsity 0%")


def lacking(tables: Tables, model: str, quantities: Iterable[Quantity]) -> str:
    """What runs there must be for means over the tasks to be complete; nothing where they are.

    A task whose unpruned model has learnt, and that collapsed as it was pruned, is told and not asked for again.
    """
    whole = tables.rows("weights", model=model, schedule=RETRAINED.schedule, fraction=0.0)
    learnt = set(whole.loc[~whole["collapsed"].astype(bool), "task"]) if len(whole) else set()
    lost: list[str] = []
    for runs in ([runs for _, runs in one.terms] for one in quantities):
        told = {one.task for one in runs if one.left_out} & learnt
        lost += [one.task for one in runs if one.task not in {*tasks_in(runs), *told}]
    return f"runs on {named(dict.fromkeys(lost))} that have learnt" if lost else ""


def unread(tables: Tables, model: str, arms: Sequence[Arm], quantities: Iterable[Quantity]) -> str:
    """Why nothing was measured, where nothing was: an arm is missing, or no sparsity was run at which it could be."""
    return why_none(tables, model, *arms) or next((one.remark for one in quantities if not one.terms and one.remark), "")


def complete(
    tables: Tables,
    model: str,
    quantities: Sequence[Quantity],
    statement: str,
    note: str,
    controls: Sequence[Quantity] = (),
    why_none: str = "",
) -> Evidence:
    """Evidence from means over the tasks, which is complete if they are."""
    needed = lacking(tables, model, quantities)
    return Evidence(quantities, statement, note, not needed, controls, lacking=needed, why_none=why_none)
