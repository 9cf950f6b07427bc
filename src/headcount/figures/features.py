"""Scale and bias of every layer's output LayerNorm, feature by feature, with the outliers named."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from headcount.analysis.features import Bounds, outlier_in_layer, outliers_of
from headcount.figures.panels import PANEL_WIDTH, Grid, apart, panel_grid, say
from headcount.figures.rows import Names, refuse_mixtures
from headcount.figures.style import LEVEL, LOOKS, NOTE_SIZE, RC, Line, settle

MEASURES = {"z_scale": "|z| of scale γ", "z_bias": "|z| of bias β", "scale": "|scale γ|", "bias": "|bias β|"}
"""How far an entry lies from its layer's mean saturates at (n - 1)/√n: the raw values stand beside it."""
DOT: Line = {"linestyle": "none", "marker": "o", "markeredgewidth": 0}
LOOK: dict[str, Line] = {
    "other": {**DOT, "color": "0.6", "markersize": 1.8},
    "one_layer": {**DOT, "color": LOOKS[0]["color"], "markersize": 3.2},
    "elsewhere": {**DOT, "color": LOOKS[1]["color"], "markersize": 4, "markerfacecolor": "white", "markeredgewidth": 0.9},
    "here": {**DOT, "color": LOOKS[1]["color"], "markersize": 4.5},
}
MEANING = {
    "here": "outlier of the model, in a layer in which it is one",
    "elsewhere": "the same feature in another layer",
    "one_layer": "outlier in that layer, not of the model",
    "other": "any other feature",
}
NAMES_HEIGHT = 0.3  # inches
TABLE_COLUMNS = ["model", "layer", "features", "feature", "rank", "outlier", *("scale", "bias", "z_scale", "z_bias"), "alone"]


@dataclass(frozen=True)
class _Model:
    """The features of one model, checked.

    Args:
        rows: by layer, then by feature; ``outlying``: the outliers of the model, the most extreme first.
    """

    name: str
    rows: pd.DataFrame
    outlying: list[int]

    @cached_property
    def layers(self) -> int:
        return int(self.rows["layer"].nunique())

    @cached_property
    def features(self) -> int:
        return len(self.rows) // self.layers

    def size(self, measure: str) -> np.ndarray:
        """``[layers, features]``: absolute values, the lowest layer first."""
        sizes: np.ndarray = np.abs(self.rows[measure].to_numpy(dtype=float)).reshape(self.layers, self.features)
        return sizes

    @cached_property
    def inside(self) -> np.ndarray:
        """``[layers, features]``: where each feature is an outlier."""
        return self.rows["outlier"].to_numpy(dtype=bool).reshape(self.layers, self.features)

    @property
    def row_height(self) -> float:
        """Inches that a layer has."""
        return 0.6 if self.layers <= 6 else 0.42 if self.layers <= 14 else 0.3

    @property
    def height(self) -> float:
        return max(1.2, self.layers * self.row_height) + NAMES_HEIGHT

    def kinds(self) -> dict[str, np.ndarray]:
        """By the name of a look: ``[layers, features]``, where it is that of a feature."""
        of_model = np.isin(np.arange(self.features), self.outlying)[None, :]
        inside = self.inside
        return {
            "other": ~inside & ~of_model,
            "one_layer": inside & ~of_model,
            "elsewhere": ~inside & of_model,
            "here": inside & of_model,
        }


def _model(features: pd.DataFrame, name: str, bounds: Bounds) -> _Model | None:
    rows = features[features["model"] == name].sort_values(["layer", "feature"], ignore_index=True)
    if not len(rows):
        return None
    layers, width = rows["layer"].nunique(), rows["feature"].nunique()
    if len(rows) != layers * width or rows["feature"].max() != width - 1:
        raise ValueError(f"{name}: {len(rows)} rows, where {layers} layers of {width} features, from 0, have {layers * width}")
    if (outlier_in_layer(rows["z_scale"].to_numpy(), rows["z_bias"].to_numpy(), bounds) != rows["outlier"]).any():
        raise ValueError(f"{name}: its outliers are not those beyond {bounds}")
    return _Model(name, rows, outliers_of(rows, bounds))


def _table(models: list[_Model]) -> pd.DataFrame:
    """A row a model, layer and outlier of the model; of a model without any, a row a layer."""
    parts = []
    for model in models:
        alone = pd.Series(model.kinds()["one_layer"].sum(axis=1), index=sorted(model.rows["layer"].unique()), name="alone")
        chosen = model.rows[model.rows["feature"].isin(model.outlying)]
        rank = {feature: place for place, feature in enumerate(model.outlying, 1)}
        chosen = chosen.assign(rank=chosen["feature"].map(rank)) if rank else pd.DataFrame({"layer": alone.index})
        chosen = chosen.assign(model=model.name, features=model.features, alone=chosen["layer"].map(alone))
        parts.append(chosen.reindex(columns=TABLE_COLUMNS).sort_values(["rank", "layer"]))
    kinds = {"feature": "Int64", "rank": "Int64", "outlier": "boolean"}
    return pd.concat(parts, ignore_index=True).astype(kinds) if parts else pd.DataFrame(columns=TABLE_COLUMNS)


# ------------------------------------------------------------------------------------------------------------- drawing


def _ticks(top: float, most: int) -> list[float]:
    """At least one and at most so many round values above 0, evenly spaced, up to ``top``."""
    power = 10.0 ** math.floor(math.log10(top) - 2)
    steps = (factor * power * 10**more for more in range(4) for factor in (1, 2, 2.5, 5))
    step = next(step for step in steps if top / step < most + 1)
    return [step * place for place in range(1, int(top / step) + 1)]


def _name(axes: Axes, model: _Model, height: float) -> int:
    """Lines at the outliers of the model, with as many of their names above as there is room for; returns how many."""
    axes.vlines(model.outlying, 0, model.layers, color=LOOK["here"]["color"], linewidth=0.6, alpha=0.5, zorder=1)
    wide = (len(str(model.features)) * 0.075 + 0.09) / (PANEL_WIDTH - 0.6) * model.features  # of a name, in features
    named = sorted(model.outlying[: int(1.04 * model.features / wide)])
    places = apart(named, wide, 0.5 * wide - 0.03 * model.features, 1.03 * model.features - 0.5 * wide)
    for feature, place in zip(named, places, strict=True):
        axes.plot([feature, place], [model.layers, model.layers + 0.4 * height], color=LOOK["here"]["color"], linewidth=0.6)
        text: Line = {"fontsize": NOTE_SIZE, "color": LOOK["here"]["color"], "fontweight": "bold"}
        axes.text(place, model.layers + 0.45 * height, str(feature), ha="center", va="bottom", **text)
    return len(named)


def _panel(axes: Axes, model: _Model, measure: str, top: float, bounds: Bounds) -> None:
    """One measure: a row a layer, the lowest at the bottom, in which 0 to ``top`` goes from its lower to its upper end."""
    row_height = (model.height - NAMES_HEIGHT) / model.layers
    names = NAMES_HEIGHT / row_height  # in rows
    base = np.arange(model.layers)[:, None]
    places = base + model.size(measure) / top
    for layer in range(model.layers + 1):
        axes.axhline(layer, color="0.75", linewidth=0.6, zorder=0.5)
    if measure.startswith("z_"):
        axes.hlines(base + bounds.sigma / top, 0, model.features - 1, **LEVEL)
    for kind, where in model.kinds().items():
        axes.plot(np.nonzero(where)[1], places[where], rasterized=True, **LOOK[kind])
    named = _name(axes, model, names)
    if not model.outlying:
        axes.text(0.5, 0.99, "no outliers of the model", transform=axes.transAxes, ha="center", va="top", fontsize=NOTE_SIZE)
    axes.set_xlim(-0.03 * model.features, 1.03 * model.features)
    axes.set_ylim(-0.05 / row_height, model.layers + names)
    few = len(model.outlying) - named
    axes.set_xlabel(f"feature\n(named: {named} of {len(model.outlying)} outliers)" if few else "feature")
    ticks = _ticks(top, max(1, int(row_height * 72 / 13)))
    axes.set_yticks([layer + tick / top for layer in range(model.layers) for tick in ticks])
    axes.set_yticklabels([f"{tick:g}" for _ in range(model.layers) for tick in ticks], fontsize=NOTE_SIZE - 1, color="0.35")
    axes.tick_params(axis="y", length=2, pad=1.5, color="0.6")
    axes.spines["left"].set_visible(False)


def _number_layers(axes: Axes, model: _Model) -> None:
    axes.yaxis.remove_overlapping_locs = False
    layers = sorted(model.rows["layer"].unique())
    axes.set_yticks([place + 0.5 for place in range(model.layers)], [str(layer) for layer in layers], minor=True)
    axes.tick_params(axis="y", which="minor", length=0, pad=24, labelsize=NOTE_SIZE + 0.5)
    axes.set_ylabel(f"{model.name}\nlayer")


def _row(row: list[Axes], model: _Model, bounds: Bounds) -> None:
    largest = {measure: float(model.size(measure).max()) for measure in MEASURES}
    both = max(largest["z_scale"], largest["z_bias"], bounds.sigma)
    tops = {**largest, "z_scale": both, "z_bias": both}
    for measure, axes in zip(MEASURES, row, strict=True):
        _panel(axes, model, measure, 1.08 * (tops[measure] or 1.0), bounds)
    _number_layers(row[0], model)


def features_figure(features: pd.DataFrame, models: Names, bounds: Bounds) -> tuple[Figure, pd.DataFrame]:
    """|z| and size of scale and bias of each layer's output LayerNorm, a dot a feature and layer; a row of panels a model.

    Within a panel each layer has a row, the lowest at the bottom; all rows of a panel have one scale, from 0, and those of |z|
    share it. The outliers of the model are named.

    Args:
        features: in ``headcount.analysis.features.FEATURE_COLUMNS``.
        bounds: those that its column ``outlier`` was made with.

    Returns:
        The figure, and a row for each model, outlier of the model and layer: model, layer (from 1), features (in all), feature,
        rank (1: the most extreme), outlier (in that layer), scale, bias, z_scale, z_bias, alone (how many other features are
        outliers in that layer). A model without outliers has a row a layer, without a feature.

    Raises:
        ValueError: two studies; a row that stands twice; a feature that some layers lack; outliers of other bounds.
    """
    chosen = features[features["model"].isin(models)].reset_index(drop=True)
    refuse_mixtures(chosen, ["model", "layer", "feature"])
    found = {name: _model(chosen, name, bounds) for name in models}
    heights = [model.height if model else 1.0 for model in found.values()]
    there = {kind for model in found.values() if model for kind, where in model.kinds().items() if where.any()}
    handles = [Line2D([], [], **LOOK[kind], label=label) for kind, label in MEANING.items() if kind in there]
    handles.append(Line2D([], [], label=f"the bound: {bounds.sigma:g} standard deviations", **LEVEL))
    with matplotlib.rc_context(RC):
        grid: Grid
        figure, grid = panel_grid(len(models), list(MEASURES.values()), handles, heights=[each + 0.35 for each in heights])
        for (name, model), row in zip(found.items(), grid, strict=True):
            if model:
                _row(row, model, bounds)
                continue
            for axes in row:
                axes.set(xticks=[], yticks=[])
                say(axes, "not measured")
            row[0].set_ylabel(name)
        return settle(figure), _table([model for model in found.values() if model])
