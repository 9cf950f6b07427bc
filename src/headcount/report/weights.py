"""What the page says of single weights: what was asked, how it was measured, and what is left of the sparse models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from headcount.data.tasks import MASKED_LM, title
from headcount.phrasing import MISSING, counted, listed, number, percent
from headcount.report.grids import Grid

FIGURES = ("weights_regimes", "weights_loss", "weights_movement", "heads_and_weights")
ARMS = {"retrained": "Zeros stay", "deleted": "Zeros may move", "after": "Pruned after", "random": "Random weights"}
"""Columns of the table, in the order of the figure's arms."""


def studied(settings: Mapping[str, Any]) -> list[str]:
    """The models of a study whose single weights are pruned."""
    chosen = (settings.get("weights") or {}).get("models", [])
    return [model for model in settings["models"] if model in chosen]


def _passes(count: float) -> str:
    return counted(int(count), "pass", "passes") if count == int(count) else f"{count:g} passes"


def _epochs(part: Mapping[str, Any], fractions: list[float]) -> str:
    """The passes of an arm, and where there are more of them."""
    more = part["more"] and any(fraction >= part["more_from"] for fraction in fractions)
    longer = f" ({part['epochs'] + part['more']:g} from {percent(part['more_from'], 0)} on)" if more else ""
    return f"{_passes(part['epochs'])}{longer}"


def asked(settings: Mapping[str, Any]) -> str:
    """What is asked of these models, and how it is measured, under the study's settings."""
    part = settings["weights"]
    gone = [fraction for fraction in part["fractions"] if fraction]
    where = "of each matrix" if part["scope"] == "matrix" else "of the model, whichever matrix they are in,"
    tasks = [title(task) for task in settings["tasks"] if task in part["tasks"]]
    parts = [
        f"How many of the weights of {listed(studied(settings))} can go, and does it matter when? Shares of"
        f" {listed([percent(fraction, 0) for fraction in gone])} are set to zero, the smallest {where} first, and the models"
        f" are asked masked LM and {listed(tasks)}."
    ]
    longer = f"{_epochs(part['deleted'], gone)} over the training set"
    ways = {"retrained": "their zeros stay zero in fine-tuning", "deleted": f"zeros may move in a fine-tuning of {longer}"}
    if then := ", or ".join(words for arm, words in ways.items() if arm in part["arms"]):
        parts.append(f"Masked LM goes on for {counted(part['pretrain']['steps'], 'step')} while the weights go; then {then}.")
    if part["random"]:
        at = listed([percent(each, 0) for each in part["random"]])
        parts.append(f"Random weights go so too, at {at}, and their zeros stay zero.")
    if "after" in part["arms"]:
        longer = _epochs(part["after"], gone)
        parts.append(f"Or a fine-tuned model is pruned at once, and trained on for {longer}, in which its zeros stay zero.")
    parts.append("Beside that, each is pruned at once, and asked without any more training.")
    return " ".join(parts)


def _compared(tasks: pd.DataFrame, arms: Sequence[str]) -> list[str]:
    """The tasks of a model on which every arm has a mean at every sparsity, random weights aside."""
    every = tasks[tasks["arm"].isin(arms) & (tasks["arm"] != "random")]
    return [str(task) for task, rows in every.groupby("task", sort=False) if rows["mean"].notna().all()]


def _mean(rows: pd.DataFrame, tasks: Sequence[str]) -> str:
    """The mean of an arm at a sparsity over some tasks, if it has all of them."""
    found = rows.loc[rows["task"].isin(tasks), "mean"]
    return number(found.mean(skipna=False)) if len(found) == len(tasks) else MISSING


def sparse_models(table: pd.DataFrame | None) -> Grid | None:
    """What is left of each model at each sparsity, from the table behind the figure of the arms."""
    if table is None or not len(table):
        return None
    arms = [arm for arm in ARMS if arm in set(table.loc[table["task"] != MASKED_LM, "arm"])]
    said = []
    for model, own in table[table["arm"].isin(ARMS)].groupby("model", sort=False):
        tasks = own[own["task"] != MASKED_LM]
        compared = _compared(tasks, arms)
        how_many = f"{len(compared)} of {tasks['task'].nunique()}"
        for fraction, here in own.groupby("fraction"):
            loss = here[(here["task"] == MASKED_LM) & (here["arm"] == "retrained")]
            whole = [number(loss["mean"].iloc[0]), number(loss["relative"].iloc[0], 2)] if len(loss) else [MISSING, MISSING]
            means = [_mean(here[here["arm"] == arm], compared) for arm in arms]
            said.append([f"{model}, {percent(float(str(fraction)), 0)}", *whole, *means, how_many])
    columns = ["Model, weights removed", "Masked-LM loss", "× unpruned", *(ARMS[arm] for arm in arms), "Tasks"]
    caption = (
        "The sparse models: the loss of masked LM after going on with pre-training, and the accuracy of each way of pruning,"
        " the mean over seeds and over those tasks on which every way has one at every sparsity (random weights aside)."
    )
    return Grid(caption, columns, said, frozenset(range(1, len(columns))), breadth="broad")
