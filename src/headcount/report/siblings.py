"""What studies of outlier features, single weights and several languages come to, in one table each: from their small files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from headcount.data.tasks import MASKED_LM
from headcount.phrasing import percent


def ablations(study: Path) -> pd.DataFrame:
    """Loss and scores without outlier features, over those of the whole model: without all, and without as many random ones."""
    table = pd.read_csv(study / "figures" / "ablation.csv")
    chosen = table[table["arm"].isin(["all", "random"])]
    named = chosen.rename(columns={"arm": "without", "count": "features disabled", "relative": "over the whole model's"})
    return named[["model", "task", "measure", "without", "replace", "features disabled", "over the whole model's", "seeds"]]


def without_weights(study: Path) -> pd.DataFrame:
    """Loss of masked LM over the unpruned model's, and accuracy, in each arm at each sparsity: means over seeds that learnt."""
    table = pd.read_csv(study / "weights.csv")
    table = table.rename(columns={"schedule": "arm"})
    unpruned = table[(table["fraction"] == 0) & (table["task"] == MASKED_LM)].set_index(["model", "seed"])["loss"]
    losses = table["loss"] / pd.MultiIndex.from_frame(table[["model", "seed"]]).map(unpruned.to_dict()).to_numpy(float)
    table = table.assign(**{"loss over unpruned": losses.where(table["task"] == MASKED_LM)})
    learnt = table[~table["collapsed"]]
    named = {"loss over unpruned": "mean", "accuracy": "mean", "training_loss": "mean", "seed": "count"}
    found = learnt.groupby(["model", "task", "criterion", "arm", "fraction"], sort=False).agg(named).reset_index()
    renamed = {"fraction": "weights removed", "training_loss": "training loss", "seed": "seeds"}
    return found.assign(fraction=[percent(share, 0) for share in found["fraction"]]).rename(columns=renamed)


def in_languages(study: Path) -> pd.DataFrame:
    """The multilingual model's scores in every language: whole, and its drops above chance, means over seeds that learnt.

    At random shares over draws too; at the sets of layers, and single ones.
    """
    table = pd.read_csv(study / "languages.csv")
    learnt = table[~table["collapsed"] & table["schedule"].isin(["whole", "before"])]
    keys = ["language", "articles", "order", "morphology"]
    whole = learnt[learnt["schedule"] == "whole"].groupby(keys, sort=False)
    found = whole.agg(seeds=("seed", "count"), score=("score", "mean"), error=("standard_error", "mean"))
    found = found.rename(columns={"error": "standard error of one seed's"})
    gone = learnt[learnt["schedule"] == "before"]
    shares = gone["fraction"].map(lambda share: f"{percent(share, 0)} of the heads", na_action="ignore")
    by_point = gone.assign(without=shares.fillna(gone["point"]))
    drops = by_point.pivot_table("drop_above_chance", keys, "without", "mean", sort=False)
    return found.join(drops.add_prefix("drop without ")).reset_index()


def of_two_models(study: Path) -> pd.DataFrame:
    """What random heads cost both models before fine-tuning on each task: means over draws and seeds that learnt."""
    table = pd.read_csv(study / "removals.csv")
    random = table[(table["criterion"] == "random") & ~table["collapsed"]]
    keys = ["task", "fraction", "model"]
    means = {"accuracy": ("accuracy", "mean"), "relative accuracy": ("relative_accuracy", "mean"), "seeds": ("seed", "nunique")}
    found = random.sort_values(["task", "model", "fraction"]).groupby(keys, sort=False).agg(**means).reset_index()
    return found.assign(fraction=[percent(share, 0) for share in found["fraction"]]).rename(columns={"fraction": "removed"})
