"""The tables that Gordon et al. (2020) print, as tables of a study: what a claim finds there is the paper's own value of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from headcount.claims.evidence import Quantity
from headcount.claims.points import SAME
from headcount.claims.tables import Tables
from headcount.claims.weights import CITED, PAPER, PAPER_TASKS
from headcount.data.tasks import MASKED_LM, title
from headcount.phrasing import fixed, listed, number

HOME = Path(__file__).with_name("published")
DIGESTS = {
    "gordon2020-table1.csv": "ced2c2f0be648ab5c7900f4c259c36703333aab21a08fb533909e6784a95e5af",
    "gordon2020-table2.csv": "9a1d3f4d428a5247ef492bde8b52d3adda5438a36bb4f1ee100c380a19022c82",
}
"""The files, as the code's own text: a verdict depends on what they hold."""
MODEL = PAPER.models["pruned"]
MOST_FREQUENT = {"cola": 69.1}
"""Percent of a validation set that are of its most frequent class, where a run of Table 1 has collapsed to that."""
RATES = ("2e-5", "5e-5")
"""The lowest and the highest learning rate of Table 2."""

Measure = Callable[[Tables, str], Mapping[str, Quantity]]
"""From tables and a model to a claim's quantities, each under a name."""


def _read(name: str) -> pd.DataFrame:
    """One of the files.

    Raises:
        ValueError: it holds something else than it should.
    """
    content = (HOME / name).read_bytes()
    if (found := sha256(content).hexdigest()) != DIGESTS[name]:
        raise ValueError(f"{HOME / name}: its sha256 is {found}, and should be {DIGESTS[name]}")
    return pd.read_csv(BytesIO(content))


@cache
def table_1(counting_collapsed: bool = True) -> Tables:
    """Table 1 as a study's table ``weights`` of one seed: accuracies, training losses, pre-training losses.

    Args:
        counting_collapsed: as the paper does; else the runs that answer a task's most frequent class are said to have
            collapsed.
    """
    printed, parts = _read("gordon2020-table1.csv"), []
    for task in (*PAPER_TASKS, MASKED_LM):
        rows = printed[["criterion", "schedule"]].assign(task=task, fraction=printed["sparsity"] / 100, collapsed=False)
        if task == MASKED_LM:
            rows = rows.assign(accuracy=np.nan, training_loss=np.nan, loss=printed["loss"])[printed["schedule"] == "retrained"]
        else:
            accuracy, loss = printed[f"{task}_accuracy"], printed[f"{task}_training_loss"]
            rows = rows.assign(accuracy=accuracy / 100, training_loss=loss, loss=np.nan)
            if not counting_collapsed and task in MOST_FREQUENT:
                rows = rows.assign(collapsed=accuracy <= MOST_FREQUENT[task])
        parts.append(rows)
    weights = pd.concat(parts, ignore_index=True).assign(study=CITED, model=MODEL, seed=1, removed=0, removed_fraction=0.0)
    return Tables(weights=weights)


@cache
def table_2(rate: str) -> Tables:
    """Table 2 at a learning rate as a study's table ``movements``: each task's mean over all of the model's weights."""
    printed = _read("gordon2020-table2.csv")
    (row,) = printed[np.isclose(printed["learning_rate"], float(rate))].to_dict("records")
    rows = [{"task": task, "movement": row[task] / 100} for task in PAPER_TASKS]
    keys: dict[str, Any] = {
        "study": CITED,
        "model": MODEL,
        "seed": 1,
        "matrix": "all",
        "size": 1,
        "fraction": 0.0,
        "masks_differ": np.nan,
    }
    return Tables(movements=pd.DataFrame(rows).assign(**keys))


def _like(tables: Tables, model: str) -> Tables:
    """Table 1 at the sparsities and on the tasks that a study has, its collapsed runs left out."""
    whole, ours = table_1(counting_collapsed=False), tables.rows("weights", model=model)
    rows = whole.weights[
        _among(whole.weights["fraction"], set(ours["fraction"])) & whole.weights["task"].isin(set(ours["task"]))
    ]
    return replace(whole, weights=rows)


def _among(column: pd.Series, wanted: Collection[float]) -> np.ndarray:
    values = column.to_numpy(float)
    return np.array([any(abs(value - one) < SAME for one in wanted) for value in values], bool)


def own_value(quantity: Quantity | None) -> str:
    """The value of a quantity that was measured on the paper's tables, as text; empty where there is none."""
    return "" if quantity is None or quantity.value is None else number(quantity.value)


def beside_own(measure: Measure, tables: Tables, model: str) -> dict[str, Quantity]:
    """A claim's quantities in a study, each with the value that the same function finds in the paper's Table 1.

    The paper counts its collapsed runs; where it makes a difference, the value without them stands beside, and so does that on
    the study's own tasks and sparsities.
    """
    found = measure(tables, model)
    own, without = (measure(table_1(counting), MODEL) for counting in (True, False))
    like = measure(_like(tables, model), MODEL) if len(tables.rows("weights", model=model)) else {}
    return {
        key: replace(one, published=_own(*map(own_value, (own.get(key), without.get(key), like.get(key)))))
        for key, one in found.items()
    }


def _own(value: str, without: str, like: str) -> str:
    further = [f"{without} without its collapsed runs"] if without not in ("", value) else []
    further += [f"{like} on these tasks and sparsities"] if like not in ("", value, without) else []
    return f"{value} ({'; '.join(further)})" if value and further else value


def cited(quantities: Iterable[Quantity]) -> str:
    """The paper's own values of quantities, as the end of a sentence."""
    told = [f"{one.name} {one.published}".strip() for one in quantities if one.published]
    return f"; {CITED}: {', '.join(told)}." if told else "."


def noise_floor() -> str:
    """How far apart the paper's unpruned runs of one task are: the four arms' rows at sparsity 0, where nothing is pruned."""
    rows = table_1().weights
    whole = rows[(rows["fraction"] == 0) & (rows["task"] != MASKED_LM)].groupby("task")["accuracy"]
    apart = 100 * (whole.max() - whole.min())
    told = listed([f"{fixed(apart[task], 1)} ({title(task)})" for task in PAPER_TASKS])
    return (
        f"The paper has no seeds, and its four unpruned runs of a task differ by these percentage points: {told}. A difference"
        " of less than half a point means nothing without seeds, and is to be read with its interval."
    )
