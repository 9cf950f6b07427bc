"""How far fine-tuning moves the weights in the order of their magnitudes, and what that does to a mask (W7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from headcount.claims.averages import averaged, named, tasks_in, together
from headcount.claims.evidence import Evidence, Quantity, said
from headcount.claims.gordon import MODEL, RATES, cited, own_value, table_2
from headcount.claims.points import nearest, read_at
from headcount.claims.settings import Settings
from headcount.claims.tables import Runs, Tables
from headcount.claims.values import Value, numbers
from headcount.claims.weights import ASKED, BARS, PAPER_TASKS, SAID
from headcount.data.tasks import title
from headcount.phrasing import number, percent

MOVED = "mean share of the order by which a weight moved"


def over_entries(name: str) -> Value:
    """The mean of a column over the matrices of a run, each counting by its entries; of several rows of one, the first."""

    def value(run: pd.DataFrame) -> float:
        each = run.drop_duplicates("matrix")
        return float(np.average(numbers(each[name]), weights=numbers(each["size"])))

    return value


def movements(tables: Tables, model: str) -> dict[str, Quantity]:
    """How far the weights moved, and how much of a mask differs, mean over the tasks; then the first on each task."""
    rows, asked = tables.rows("movements", model=model), ASKED["W7 masks"]
    tasks = list(dict.fromkeys(rows["task"])) if len(rows) else []
    read = nearest(sorted({float(one) for one in rows["fraction"] if one > 0}) if tasks else [], asked)
    moved = [tables.per_seed("movements", model, task, over_entries("movement")) for task in tasks]
    differ = [tables.per_seed("movements", model, task, over_entries("masks_differ"), fraction=read) for task in tasks if read]
    masks = f"share of the entries in which the masks{'' if read is None else f' at {percent(read, 0)}'} differ"
    means = {
        "movement": _mean("movement", MOVED, "W7", moved),
        "masks": _mean("masks", masks, "W7 masks", differ, read_at(read, asked) if tasks else ""),
    }
    each = {one.task: Quantity(title(one.task), title(one.task), MOVED, BARS["W7"], [(1, one)]) for one in moved}
    return {**means, **each}


def _mean(name: str, what: str, bar: str, runs: Sequence[Runs], remark: str = "") -> Quantity:
    there = tasks_in(runs)
    told = together(f"on {named(there)}" if there else "", remark)
    return Quantity(name, name, f"{what}, mean over the tasks", BARS[bar], averaged(runs), told)


def own_movements() -> dict[str, str]:
    """The paper's own values, from its Table 2: means over its tasks at either end of its learning rates, and the largest."""
    by_rate = {rate: movements(table_2(rate), MODEL) for rate in RATES}
    low, high = (own_value(by_rate[rate]["movement"]) for rate in RATES)
    _, largest = max((by_rate[RATES[-1]][task].value or 0.0, task) for task in PAPER_TASKS)
    most = f"{own_value(by_rate[RATES[-1]][largest])} on {title(largest)}"
    each = {task: " to ".join(own_value(by_rate[rate][task]) for rate in RATES) for task in PAPER_TASKS}
    return {"movement": f"{low} to {high} by learning rate, at most {most}", "masks": SAID["W7 masks"], **each}


def order_hardly_changes(tables: Tables, settings: Settings, model: str) -> Evidence:
    """W7: movement and the difference of the masks; the movement on each task beside them."""
    own = own_movements()
    by_name = {name: replace(one, published=own.get(name, "")) for name, one in movements(tables, model).items()}
    movement, masks, *controls = by_name.values()
    found = [movement, masks]
    statement = (
        f"Fine-tuning moves {model}'s weights in the order of their magnitudes, and changes which of them a mask keeps, by"
        f" these shares: {said(found, number)}{cited(found)}"
    )
    note = (
        "Movement: the mean over a matrix of |place after - place before| / entries; matrices count by their entries. There are"
        " no examples in it: intervals hold the chance of the seeds alone."
    )
    return Evidence(found, statement, note, controls=controls)
