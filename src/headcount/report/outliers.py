"""What the page says of outlier features: what was asked, how it was measured, and which there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from headcount.phrasing import MISSING, counted, listed, number, percent
from headcount.report.grids import Grid

REPLACED = {"zero": "zero", "mean": "their means over the tokens that are asked"}


def studied(settings: Mapping[str, Any]) -> list[str]:
    """The models of a study whose outlier features are studied."""
    chosen = (settings.get("outliers") or {}).get("models", [])
    return [model for model in settings["models"] if model in chosen]


def followed(settings: Mapping[str, Any]) -> list[str]:
    """The models of a study that are looked at along their pre-training."""
    return [model for model in settings["models"] if (settings["encoders"][model].get("pretrain") or {}).get("snapshots")]


def asked(settings: Mapping[str, Any]) -> str:
    """What is asked of these models, and how it is measured, under the study's settings."""
    part = settings["outliers"]
    bound = f"more than {part['sigma']:g} standard deviations from the layer's mean"
    which = f"both lie {bound}" if part["joint"] else f"one of them lies {bound}"
    replaced = " or by ".join(REPLACED[way] for way in part["replace"])
    parts = [
        "A feature is one entry of the scale γ and of the bias β of every layer's output LayerNorm. It stands out in a layer"
        f" where {which}, and is an outlier of the model where it does so in more than {percent(part['share'], 0)} of the"
        " layers."
    ]
    if models := studied(settings):
        parts.append(
            f"Which such features are there in {listed(models)}, and what is left without them? Each outlier alone, all of"
            f" them, and {counted(part['draws'], 'random set')} of as many others are disabled in all layers at once, outliers"
            f" replaced by {replaced}, random features by zero. Nothing is trained again:"
            f" {'masked LM and ' if settings.get('mlm', {}) is not None else ''}every fine-tuned task is asked as before."
        )
    if models := followed(settings):
        parts.append(f"When do they emerge? This is looked at along the pre-training of {listed(models)}.")
    return " ".join(parts)


def ranges(numbers: Sequence[int]) -> str:
    """Ascending whole numbers in few words: 1–3, 5."""
    runs: list[list[int]] = []
    for each in numbers:
        if runs and each == runs[-1][-1] + 1:
            runs[-1].append(each)
        else:
            runs.append([each])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


def _between(values: pd.Series, digits: int) -> str:
    """The least and the greatest of some values."""
    return " … ".join(dict.fromkeys(number(float(end), digits) for end in (values.min(), values.max())))


def outliers(table: pd.DataFrame | None) -> Grid | None:
    """The outliers of each model, from the table behind the figure of the features."""
    if table is None or not len(table):
        return None
    rows = []
    for model, of_model in table.groupby("model", sort=False):
        layers, width = of_model["layer"].nunique(), number(int(of_model["features"].iloc[0]))
        found = of_model[of_model["feature"].notna()]
        if not len(found):
            rows.append([str(model), f"none of {width}", *[MISSING] * 5])
        for feature in found["feature"].astype(int).unique():
            every = found[found["feature"] == feature]
            inside = every[every["outlier"].astype(bool)].sort_values("layer")
            where = f"{ranges(inside['layer'].astype(int).tolist())} of {layers}"
            raw = [_between(inside[name], 3) for name in ("scale", "bias")]
            far = [_between(inside[name], 1) for name in ("z_scale", "z_bias")]
            rows.append([str(model), f"{feature} of {width}", where, *raw, *far])
    columns = ["Model", "Feature", "Layers", "Scale", "Bias", "z of scale", "z of bias"]
    caption = (
        "The outliers of each model, the most extreme first: the layers in which each is one, and the least and the greatest"
        " value there of its scale and bias, and of how many standard deviations they lie above their layer's mean."
    )
    return Grid(caption, columns, rows, frozenset(range(1, 7)), breadth="broad")
