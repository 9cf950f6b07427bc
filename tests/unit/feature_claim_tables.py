"""Tables in which each claim about outlier features must find given numbers, and such numbers: for, against, neither."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from claim_tables import rows_of

from headcount.claims import Settings, Tables

ENCODERS = Settings("test", {"main": None, "shared": None, "appendix": None}, encoders=("roberta",))
OUTLYING = (3, 7)
TASKS = ("cola", "mnli")
DRAWS = 4
SEEDS = (1, 2, 3)


def features(
    model: str, by_layer: Sequence[set[int]], size: int = 768, share: float = 0.25, joint: bool = True
) -> pd.DataFrame:
    """Features of which some stand out by five standard deviations in some layers."""
    layers = len(by_layer)
    out = np.array([[feature in layer for feature in range(size)] for layer in by_layer]).ravel()
    columns = {"layer": np.repeat(np.arange(1, layers + 1), size), "feature": np.tile(np.arange(size), layers)}
    columns |= {"z_scale": np.where(out, 5.0, 0.1), "z_bias": np.where(out, -5.0, 0.1), "outlier": out}
    keys = {"study": "test", "model": model, "sigma": 3.0, "share": share, "joint": joint, "source": f"{model}/features"}
    return pd.DataFrame(columns).assign(**keys)


def trial(arm: str, replace: str, gone: Sequence[int], loss: float, score: float, draw: int | None = None) -> dict[str, Any]:
    return {
        "arm": arm,
        "replace": replace,
        "draw": draw,
        "features": json.dumps(list(gone)),
        "count": len(gone),
        "loss": loss,
        "score": score,
    }


def ablation(
    task: str,
    seed: int,
    *,
    gone: float = 2.0,
    random: float = 1.0,
    mean: float = 1.0,
    kept: float = 0.5,
    kept_random: float = 0.75,
    whole: float = 2.0,
    model: str = "roberta",
) -> pd.DataFrame:
    """One run: losses over the whole model's without the outliers, without random features, and with the mean; scores too.

    The whole model's score is 0.8; single outliers do half the damage; random sets differ about their mean.
    """
    rows = [trial("none", "none", (), whole, 0.8)]
    for replace, ratio in (("zero", gone), ("mean", mean)):
        rows += [trial("outlier", replace, (one,), whole * (1 + ratio) / 2, 0.8 * kept) for one in OUTLYING]
        rows.append(trial("all", replace, OUTLYING, whole * ratio, 0.8 * kept))
    about = np.linspace(-0.01, 0.01, DRAWS)
    rows += [
        trial("random", "zero", (20 + draw, 40 + draw), whole * (random + by), 0.8 * (kept_random + by), draw)
        for draw, by in enumerate(about, 1)
    ]
    table = pd.DataFrame(rows)
    relative = {"relative_loss": table["loss"] / whole, "relative_score": table["score"] / 0.8}
    columns = {**{name: table[name] for name in table}, **relative, "row": range(len(table)), "metric": "accuracy"}
    return rows_of(model, task, seed, **columns)


def emergence(
    since: Mapping[int, int], steps: Sequence[int] = (0, 1000, 2000, 4000, 8000), model: str = "roberta"
) -> pd.DataFrame:
    """Snapshots in which each of these features is an outlier from a step on, and another one early, but not at the end."""
    rows = [(step, one, step >= since[one]) for step in steps for one in since]
    rows += [(step, 99, step == steps[1]) for step in steps]
    table = pd.DataFrame(rows, columns=["step", "feature", "outlier"])
    return table.assign(study="test", model=model, source=f"{model}/emergence")


def losses(name: str) -> Callable[[Sequence[float]], Tables]:
    """Masked LM whose numbers by seed are these ratios."""

    def tables(values: Sequence[float]) -> Tables:
        return Tables(ablations=pd.concat([ablation("mlm", seed, **{name: value}) for seed, value in enumerate(values, 1)]))

    return tables


def n1(values: Sequence[float]) -> Tables:
    """So many outliers in each of four layers."""
    return Tables(features=features("roberta", [set(range(int(values[0])))] * 4))


def n2(by_layer: Sequence[set[int]]) -> Tables:
    return Tables(features=features("roberta", by_layer, size=30 if len(by_layer) == 12 else 128))


def n5(values: Sequence[float]) -> Tables:
    """So much more relative score is left without random features, on one task more and on the other less by 0.1."""
    runs = [
        ablation(task, seed, kept=0.5, kept_random=0.5 + value + by)
        for task, by in zip(TASKS, (0.1, -0.1), strict=True)
        for seed, value in enumerate(values, 1)
    ]
    return Tables(ablations=pd.concat(runs))


def n6(values: Sequence[int]) -> Tables:
    return Tables(emergence=emergence(dict(zip(OUTLYING, values, strict=True))))


def n7(values: Sequence[float]) -> Tables:
    """Two outliers, and these losses without them, for each of two encoders."""
    models = ("roberta", "albert")
    runs = [ablation("mlm", seed, gone=value, model=model) for model in models for seed, value in enumerate(values, 1)]
    return Tables(features=pd.concat([features(model, [{3, 7}] * 4) for model in models]), ablations=pd.concat(runs))


def n8(values: Sequence[float]) -> Tables:
    """Zeroing doubles the loss; with the mean, this share of that is left."""
    runs = [ablation("mlm", seed, gone=2.0, mean=1 + value) for seed, value in enumerate(values, 1)]
    return Tables(ablations=pd.concat(runs))


MADE: dict[str, Callable[[Any], Tables]] = {
    "N1": n1,
    "N2": n2,
    "N3": losses("gone"),
    "N4": losses("random"),
    "N5": n5,
    "N6": n6,
    "N7": n7,
    "N8": n8,
}
EVEN = [{(10 * layer + one) % 30 for one in range(10)} for layer in range(12)]
"""Ten outliers in each of twelve layers, of thirty features: each of them in four, as evenly as can be."""
VALUES: dict[str, dict[str, Any]] = {
    "supported": {
        "N1": (2,),
        "N2": [{3, layer} for layer in range(12)],
        "N3": (1.9, 1.95, 2.0),
        "N4": (1.0, 1.01, 1.005),
        "N5": (0.19, 0.2, 0.21),
        "N6": (1000, 2000),
        "N7": (1.9, 1.95, 2.0),
        "N8": (0.01, 0.02, 0.015),
    },
    "contradicted": {
        "N1": (8,),
        "N2": EVEN,
        "N3": (1.0, 1.01, 1.02),
        "N4": (1.2, 1.21, 1.22),
        "N5": (-0.01, 0.0, 0.01),
        "N6": (1000, 8000),
        "N7": (1.0, 1.01, 1.02),
        "N8": (0.5, 0.51, 0.52),
    },
    "inconclusive": {
        "N2": [{0, 16}, {0, 16}, set(), set()],
        "N3": (1.2, 1.5, 1.9),
        "N4": (0.95, 1.04, 1.15),
        "N5": (-0.1, 0.05, 0.2),
        "N6": (1000, 4000),
        "N7": (1.2, 1.5, 1.9),
        "N8": (0.0, 0.1, 0.3),
    },
}
"""What each claim must find, by the verdict that follows. N1 is a count: nothing leaves it open."""
SAMPLED = ("N3", "N4", "N5", "N8")


def playing(identifier: str) -> Settings:
    """The settings of a study that has the encoders which a claim's tables are made of."""
    encoders = ("roberta", "albert") if identifier == "N7" else ("roberta",)
    return Settings("test", ENCODERS.roles, encoders=encoders)
