"""Whether the pre-training loss (W5) and magnitudes (W8) tell what can go, and whether fine-tuning changes that (W6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from headcount.analysis.counted import LEFT_OUT
from headcount.claims.averages import complete, mean_difference, together, unpruned_difference, unread
from headcount.claims.evidence import FISHER, Evidence, Quantity, said
from headcount.claims.gordon import beside_own, cited, noise_floor
from headcount.claims.points import (
    AFTER,
    DELETED,
    RANDOM,
    RETRAINED,
    Arm,
    Numbers,
    Point,
    among,
    by_seed,
    draws_at,
    row_at,
    sparsities_of,
    tasks_of,
    why_none,
)
from headcount.claims.settings import Settings
from headcount.claims.sparsity import PAIRED
from headcount.claims.tables import Runs, Tables, sources_of
from headcount.claims.values import numbers
from headcount.claims.weights import BARS, SEVERAL
from headcount.data.tasks import MASKED_LM, title
from headcount.phrasing import listed, number, percent

LEAST_POINTS = 3
"""A correlation is read over no fewer sparsities."""
TOO_FEW = f"fewer than {LEAST_POINTS} sparsities at which it has learnt"

# ------------------------------------------------------------------------------------------------------------------- W5


def _r(losses: np.ndarray, accuracies: np.ndarray) -> Numbers:
    """Pearson's r over the sparsities ``[*resamples, sparsities]``; NaN where all accuracies, or all losses, are equal."""
    a, b = losses - losses.mean(-1, keepdims=True), accuracies - accuracies.mean(-1, keepdims=True)
    size = np.sqrt((a**2).sum(-1) * (b**2).sum(-1))
    above = (a * b).sum(-1)
    found: Numbers = np.divide(above, size, out=np.full_like(above, np.nan), where=size > 0)
    return found


def _correlated(tables: Tables, model: str, task: str) -> tuple[Runs, str]:
    """r of each seed, its collapsed points left out; and over how many sparsities it is, and which were left out."""
    rows, losses = (tables.rows("weights", model=model, task=one) for one in (task, MASKED_LM))
    runs = Runs(model, task, {}, {}, sources_of(rows) | sources_of(losses))
    values, left_out, draws, sizes, gone = {}, {}, {}, [], []
    for seed, run in by_seed(rows):
        both = _loss_and_accuracy(tables, model, run, losses[losses["seed"] == seed])
        if both.empty:
            continue
        kept = both[~both["collapsed"]]
        gone += [f"{percent(one, 0)} (seed {seed})" for one in both.loc[both["collapsed"], "sparsity"]]
        sizes.append(len(kept))
        loss, accuracy = (numbers(kept[name]) for name in ("loss", "accuracy"))
        value = float(_r(loss, accuracy)) if len(kept) >= LEAST_POINTS else np.nan
        if np.isnan(value):
            left_out[seed] = TOO_FEW if len(kept) < LEAST_POINTS else LEFT_OUT["undefined"]
            continue
        values[seed] = value
        each = [draws_at(tables, model, task, seed, DELETED.at(one)) for one in kept["sparsity"]]
        known = [one for one in each if one is not None]
        if len(known) == len(each):
            draws[seed] = _r(loss, np.stack(known, axis=-1))
    least, most = min(sizes, default=0), max(sizes, default=0)
    over = f"over {most if least == most else f'{least} to {most}'} sparsities" if sizes else ""
    told = together(over, f"{LEFT_OUT['collapsed']}, and left out: {listed(gone)}" if gone else "")
    return replace(runs, by_seed=values, left_out=left_out, draws=draws), told


def _loss_and_accuracy(tables: Tables, model: str, run: pd.DataFrame, losses: pd.DataFrame) -> pd.DataFrame:
    """The sparsities that a run has with the mask lifted and whose pre-training loss is known, a row each."""
    found = []
    for sparsity in (0.0, *sparsities_of(tables, model, DELETED)):
        own, before = row_at(run, DELETED.at(sparsity)), row_at(losses, RETRAINED.at(sparsity))
        if own is not None and before is not None:
            found.append((sparsity, float(before["loss"]), float(own["accuracy"]), bool(own["collapsed"])))
    return pd.DataFrame(found, columns=["sparsity", "loss", "accuracy", "collapsed"])


def losses_and_accuracies(tables: Tables, model: str) -> dict[str, Quantity]:
    """W5: on each task, the correlation over the sparsities of the masked-LM loss and accuracy with the mask lifted."""
    what = "Pearson's r over the sparsities of masked-LM loss and accuracy with the mask lifted before fine-tuning"
    found = {}
    for task in tasks_of(tables, model):
        runs, remark = _correlated(tables, model, task)
        found[task] = Quantity(title(task), title(task), what, BARS["W5"], [(1, runs)], remark, scale=FISHER)
    return found or {"none": Quantity("", model, what, BARS["W5"], [])}


def loss_predicts(tables: Tables, settings: Settings, model: str) -> Evidence:
    """W5: whether the pre-training loss tells what deleting information costs each task."""
    found = [*beside_own(losses_and_accuracies, tables, model).values()]
    statement = (
        f"Over the sparsities {model}'s masked-LM loss and its accuracy with the mask lifted correlate (Pearson's r):"
        f" {said(found, number)}{cited(found)}"
    )
    note = (
        "Means and intervals are those of Fisher's z, over seeds and evaluation examples; losses are taken as they are, and the"
        f" sparsities as fixed. It takes {LEAST_POINTS} sparsities at which a run has learnt, and the fewer there are, the less"
        " r says."
    )
    few = TOO_FEW if any(why == TOO_FEW for one in found for _, runs in one.terms for why in runs.left_out.values()) else ""
    why = why_none(tables, model, RETRAINED, DELETED) or (f"every run has {few}" if few else "")
    return Evidence(found, statement, note, why_none=why)


# ----------------------------------------------------------------------------------------------------------- W6 and W8


def _arms(claim: str, what: str, own: Arm, other: Arm) -> Callable[[Tables, str], dict[str, Quantity]]:
    """One arm's accuracy minus another's: the mean over tasks and sparsities, then of each task, and of each sparsity."""

    def pair(sparsity: float) -> tuple[Point, Point]:
        return own.at(sparsity), other.at(sparsity)

    def measured(tables: Tables, model: str) -> dict[str, Quantity]:
        wanted, bar = SEVERAL[claim], BARS[claim]
        read = among(sparsities_of(tables, model, own, other), wanted)
        levels = [percent(one, 0) for one in read]
        remark = (
            f"at {listed(levels)}"
            if read
            else f"no sparsity from {percent(wanted[0], 0)} to {percent(wanted[-1], 0)} was run in both arms"
        )
        mean = mean_difference(tables, model, f"{what}, mean over the tasks and sparsities", bar, read, pair, remark=remark)
        found = {"mean": mean}
        for task in tasks_of(tables, model):
            said = f"{what}, mean over the sparsities"
            found[task] = mean_difference(tables, model, said, bar, read, pair, label=title(task), tasks=[task], remark=remark)
        for level, sparsity in zip(levels, read, strict=True):
            said = f"{what}, at {level}, mean over the tasks"
            found[level] = mean_difference(tables, model, said, bar, [sparsity], pair, label=f"sparsity {level}")
        if own.schedule != other.schedule:
            found["unpruned"] = unpruned_difference(tables, model, what, bar, pair)
        return found

    return measured


after_fine_tuning = _arms("W6", "accuracy when pruned after fine-tuning minus when pruned before", AFTER, RETRAINED)
against_chance = _arms("W8", "accuracy when pruned by magnitude minus when pruned at random", RETRAINED, RANDOM)


def fine_tuning_helps_not(tables: Tables, settings: Settings, model: str) -> Evidence:
    """W6: pruning after fine-tuning against pruning before; each task and each sparsity beside it."""
    mean, *controls = beside_own(after_fine_tuning, tables, model).values()
    statement = (
        f"Pruned after fine-tuning {model} has this much more accuracy than pruned before it, on average over tasks and"
        f" sparsities: {mean.said(number)}{cited([mean])}"
    )
    note = (
        f"{PAIRED} Read as the paper's Fig. 1 is, by the mean over the tasks; in its Table 1 QQP alone says otherwise."
        f" Both arms are trained on after they are pruned. {noise_floor()}"
    )
    why = unread(tables, model, [RETRAINED, AFTER], [mean])
    return complete(tables, model, [mean], statement, note, controls, why)


def magnitude_beats_chance(tables: Tables, settings: Settings, model: str) -> Evidence:
    """W8: pruning by magnitude against pruning at random, both in pre-training; each task and each sparsity beside it."""
    mean, *controls = beside_own(against_chance, tables, model).values()
    statement = (
        f"Pruned by magnitude {model} has this much more accuracy than pruned at random, on average over tasks and sparsities:"
        f" {mean.said(number)}{cited([mean])}"
    )
    note = f"{PAIRED} One random draw of the weights a seed. {noise_floor()}"
    why = unread(tables, model, [RETRAINED, RANDOM], [mean])
    return complete(tables, model, [mean], statement, note, controls, why)
