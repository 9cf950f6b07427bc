"""What a figure shows, in sentences made from the table behind it. Nothing to say is no sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from headcount.figures.style import TASKS
from headcount.phrasing import listed
from headcount.report.typography import counted, number, percent

LEVEL = 0.9
"""The share of the unpruned score that figures 1 and 5 are read at (§3.3)."""
PRETRAIN_LEVEL = 0.75
"""The share of the masked-LM score that figures 2 and 3 are read at (§4)."""
FATES = {"undefined": "undefined", "collapsed": "collapsed in fine-tuning", "empty": "in need of no head"}
NEAR = 0.07
"""A point of a curve this near to half of the heads is read as half: a model with few heads may have none at it."""


def _groups(table: pd.DataFrame, *columns: str) -> Iterator[tuple[tuple[Any, ...], pd.DataFrame]]:
    """The rows that agree in some columns, with what they agree in, as they stand in the table."""
    yield from table.groupby(list(columns), sort=False)


def task_name(task: object) -> str:
    return TASKS.get(str(task), str(task))


def _read_order(model: pd.DataFrame) -> str:
    """The norm that a model's curves are read under: l1 (§3.3), or the only one."""
    norms = list(model["norm"].unique())
    return "l1" if "l1" in norms else norms[0]


def _norm_name(norm: str) -> str:
    return "no norm" if norm == "none" else f"the {norm} norm"


def _under(norm: str, model: pd.DataFrame) -> str:
    return f" ({_norm_name(norm)})" if model["norm"].nunique() > 1 else ""


def _at(curve: pd.DataFrame, fraction: float) -> float | None:
    """The mean at the point nearest to a fraction; nothing where the curve has none near it."""
    defined = curve[curve["mean"].notna()]
    distance = (defined["removed_fraction"] - fraction).abs().to_numpy()
    return float(defined["mean"].iloc[distance.argmin()]) if len(distance) and distance.min() <= NEAR else None


def share_held(curve: pd.DataFrame, level: float) -> float | None:
    """The largest removed fraction up to which the mean stays at a level or above it; nothing for a curve without a mean."""
    points = curve.sort_values("removed_fraction")
    if not points["mean"].notna().any():
        return None
    held = (points["mean"] >= level).cumprod().astype(bool)
    return float(points.loc[held, "removed_fraction"].max()) if held.any() else 0.0


def _left_out(table: pd.DataFrame, fates: Sequence[str]) -> Iterator[str]:
    """One sentence on the runs that no mean contains."""
    parts = [
        f"{counted(int(count), 'run')} of {model} on {task_name(task)} ({FATES[fate]})"
        for (model, task), rows in _groups(table, "model", "task")
        for fate in fates
        if (count := rows[fate].max())
    ]
    if parts:
        yield f"Left out of the means: {listed(parts)}."


def curves(table: pd.DataFrame) -> Iterator[str]:
    """Figures 1 and 5."""
    for model, rows in table.groupby("model", sort=False):
        norm = _read_order(rows)
        own = rows[rows["norm"] == norm].groupby("task", sort=False)
        halves = {task_name(task): _at(curve, 0.5) for task, curve in own}
        held = {task_name(task): share_held(curve, LEVEL) for task, curve in own}
        kept = [f"{percent(value)} on {task}" for task, value in halves.items() if value is not None]
        reach = [f"{percent(value)} on {task}" for task, value in held.items() if value is not None]
        if not kept:
            yield f"The curves of {model} cannot be read."
            continue
        yield (
            f"With half of its heads removed{_under(norm, rows)}, {model} keeps {listed(kept)} of its unpruned score; its mean"
            f" curve stays at {percent(LEVEL)} or above until {listed(reach)} of its heads are gone."
        )
        yield from _norms(str(model), rows)
    yield from _left_out(table, ["undefined", "collapsed"])


def _norms(model: str, rows: pd.DataFrame) -> Iterator[str]:
    """How the norms compare at half of the heads, averaged over the tasks."""
    means = {}
    for norm, curves_ in rows.groupby("norm", sort=False):
        values = pd.Series([_at(curve, 0.5) for _, curve in curves_.groupby("task", sort=False)], dtype=float)
        if values.notna().all():
            means[str(norm)] = values.mean()
    if len(means) > 1:
        parts = [f"{percent(value, 1)} with {_norm_name(norm)}" for norm, value in means.items()]
        yield f"Averaged over tasks, {model} then keeps {listed(parts)}."


def masked_lm(table: pd.DataFrame) -> Iterator[str]:
    """Figure 2."""
    for model, rows in table.groupby("model", sort=False):
        norm = _read_order(rows)
        curve = rows[rows["norm"] == norm]
        half, held = _at(curve, 0.5), share_held(curve, PRETRAIN_LEVEL)
        if half is None or held is None:
            yield f"The curve of {model} cannot be read."
            continue
        yield (
            f"The mean curve of {model}{_under(norm, rows)} stays at {percent(PRETRAIN_LEVEL)} of its masked-LM score or above"
            f" until {percent(held)} of its heads are gone; with half of them gone it is at {percent(half)}."
        )


def recall(table: pd.DataFrame) -> Iterator[str]:
    """Figure 3."""
    for model, rows in table[(table["x"] - PRETRAIN_LEVEL).abs() < 1e-6].groupby("model", sort=False):
        parts = [
            f"{percent(row['mean'])} on {task_name(row['task'])} (chance {percent(row['chance'])})"
            for _, row in rows[rows["mean"].notna()].iterrows()
        ]
        if parts:
            yield f"Where masked LM keeps {percent(PRETRAIN_LEVEL)} of its score, the recall of {model} is {listed(parts)}."
    yield from _left_out(table, ["undefined", "empty", "collapsed"])


def agreement(table: pd.DataFrame) -> Iterator[str]:
    """The heat map of agreement: overlap of required heads less what chance gives, by what two runs have in common."""
    pretrain = (table["task_a"] == "mlm") | (table["task_b"] == "mlm")
    same = table["task_a"] == table["task_b"]
    kinds = {
        "two seeds of one task": same & ~pretrain,
        "two tasks": ~same & ~pretrain,
        "masked LM and a task": pretrain & ~same,
    }
    for model, rows in table.groupby("model", sort=False):
        parts = []
        for words, chosen in kinds.items():
            found = rows[chosen.loc[rows.index] & rows["excess"].notna()]
            if len(found):
                excess = (found["excess"] * found["sets"]).sum() / found["sets"].sum()
                parts.append(f"{'+' if excess > 0 else ''}{number(100 * excess, 0)} points for {words}")
        if parts:
            yield f"In {model}, the overlap of required heads less what chance gives is {listed(parts)}, on average."


def layers(table: pd.DataFrame) -> Iterator[str]:
    """Figure 4: the lower half of the layers against the upper one, averaged over tasks."""
    for model, rows in table[table["layer"] > 0].groupby("model", sort=False):
        middle = rows["layer"].max() / 2
        halves = [rows[rows["layer"] <= middle], rows[rows["layer"] > middle]]
        js, l2 = ([half[name].mean() for half in halves] for name in ("js_mean", "l2"))
        parts = []
        if pd.notna(js).all():
            parts.append(f"its attention diverges by {number(js[0])} nats below and {number(js[1])} above")
        if pd.notna(l2).all():
            parts.append(f"its hidden states by {number(l2[0], 2)} below and {number(l2[1], 2)} above")
        if parts:
            yield f"Lower against upper half of {model}'s layers, averaged over tasks: {listed(parts)}."


def heads(table: pd.DataFrame) -> Iterator[str]:
    """The divergence maps: which head moves most."""
    for model, rows in table[table["js_mean"].notna()].groupby("model", sort=False):
        most = rows.iloc[rows["js_mean"].to_numpy().argmax()]
        place = f"head {most['head']} of layer {most['layer']} on {task_name(most['task'])}"
        size, median = number(float(most["js_mean"])), number(float(rows["js_mean"].median()))
        yield f"In {model}, {place} moves most: {size} nats, against {median} for the median head."


def correlations(table: pd.DataFrame) -> Iterator[str]:
    """Figure 6: r over all seeds, for either importance."""
    whole = table[(table["seed"].astype(str) == "all") & table["r"].notna()]
    for (model, importance), rows in _groups(whole, "model", "importance"):
        parts = [f"{number(row['r'], 2)} on {task_name(row['task'])}" for _, row in rows.iterrows()]
        of_what = "on the pre-train task" if importance == "pre-train" else "on the task itself"
        yield f"With the importance {of_what}, r over all seeds together is {listed(parts)} for {model}."


ARMS = {
    "before": "removed before fine-tuning in the pre-train task's order",
    "after_pretrain": "removed after it in the same order",
    "after_own": "removed after it in the task's own order",
}


def arms(table: pd.DataFrame) -> Iterator[str]:
    """Heads removed before fine-tuning, at each share at which that was tried, against the same share removed after it."""
    tried = table[(table["arm"] == "before") & (table["removed_fraction"] > 0)]
    for (model, fraction), rows in _groups(tried, "model", "removed_fraction"):
        beside = (table["removed_fraction"] - fraction).abs() < 1e-6
        same = table[(table["model"] == model) & beside & table["task"].isin(rows["task"]) & table["mean"].notna()]
        parts = []
        for arm, words in ARMS.items():
            kept = [f"{percent(row['mean'])} on {task_name(row['task'])}" for _, row in same[same["arm"] == arm].iterrows()]
            parts += [f"{listed(kept)} if they are {words}"] if kept else []
        yield f"Without {percent(fraction)} of its heads, {model} keeps {'; '.join(parts)}."
