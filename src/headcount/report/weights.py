"""What the page says of single weights: what was asked, how it was measured, and what is left of the sparse models."""

from __future__ import annotations

from collections.abc import Mapping
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
    arms = {
        "retrained": f"masked LM goes on for {counted(part['pretrain']['steps'], 'step')} while the weights go, and in"
        " fine-tuning their zeros stay zero",
        "deleted": f"the same sparse model is fine-tuned for {_epochs(part['deleted'], gone)} over the training set, and its"
        " zeros may move",
        "after": f"the model is fine-tuned first, pruned at once, and trained on for {_epochs(part['after'], gone)}, its zeros"
        " held",
    }
    trained = "; ".join(words for arm, words in arms.items() if arm in part["arms"])
    random = f" Random weights go too, at {listed([percent(each, 0) for each in part['random']])}, as in the first way."
    parts = [
        f"How many of the weights of {listed(studied(settings))} can go, and does it matter when? Shares of"
        f" {listed([percent(fraction, 0) for fraction in gone])} are set to zero, the smallest {where} first, and the models"
        f" are asked masked LM and {listed(tasks)}."
    ]
    if trained:
        parts.append(f"{trained[0].upper()}{trained[1:]}.{random if part['random'] else ''}")
    parts.append("And without any training after: each model is pruned at once, and asked.")
    return " ".join(parts)


def _accuracies(rows: pd.DataFrame, arms: list[str]) -> list[str]:
    """Each arm's mean over those tasks that have one in every arm; how many these are, of how many."""
    means = rows.pivot_table(index="task", columns="arm", values="mean", dropna=False).reindex(columns=arms)
    asked = means.dropna(axis="columns", how="all")
    common = asked.dropna()
    said = [number(common[arm].mean()) if arm in common and len(common) else MISSING for arm in arms]
    return [*said, f"{len(common)} of {len(means)}" if len(common) < len(means) else f"{len(means)}"]


def sparse_models(table: pd.DataFrame | None) -> Grid | None:
    """What is left of each model at each sparsity, from the table behind the figure of the arms."""
    if table is None or not len(table):
        return None
    arms = [arm for arm in ARMS if arm in set(table["arm"])]
    rows = []
    for (model, fraction), here in table[table["arm"].isin(arms)].groupby(["model", "fraction"], sort=False):
        loss = here[(here["task"] == MASKED_LM) & (here["arm"] == "retrained")]
        whole = [number(loss["mean"].iloc[0]), number(loss["relative"].iloc[0], 2)] if len(loss) else [MISSING, MISSING]
        tasks = here[here["task"] != MASKED_LM]
        rows.append((str(model), float(fraction), [*whole, *_accuracies(tasks, arms)]))
    order = {str(model): place for place, model in enumerate(table["model"].unique())}
    rows.sort(key=lambda row: (order[row[0]], row[1]))
    columns = ["Model, weights removed", "Masked-LM loss", "× unpruned", *(ARMS[arm] for arm in arms), "Tasks"]
    caption = (
        "The sparse models: the loss of masked LM after going on with pre-training, and the accuracy of each way of pruning,"
        " the mean over seeds and over the tasks in which no way collapsed."
    )
    said = [[f"{model}, {percent(fraction, 0)}", *cells] for model, fraction, cells in rows]
    return Grid(caption, columns, said, frozenset(range(1, len(columns))), breadth="broad")
