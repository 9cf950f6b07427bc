"""Outlier features: entries of the layers' output LayerNorms that stand far out, at the same place through the layers.

Kovaleva et al. 2021. A feature j is the j-th entry of the scale γ and the bias β of every layer's output LayerNorm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float64

FEATURE_COLUMNS = ("study", "model", "layer", "feature", "scale", "bias", "z_scale", "z_bias", "outlier")
EMERGENCE_COLUMNS = ("study", "model", "step", "feature", "z_scale", "z_bias", "outlier", "loss", "recall")
Values = Float64[np.ndarray, "layers features"]


@dataclass(frozen=True)
class Bounds:
    """What counts as an outlier.

    Args:
        sigma: standard deviations that the entries of an outlier in a layer are away from the layer's mean, at the least.
        share: of the layers, of more than which an outlier of the model is one.
        joint: whether scale and bias must both be that far away, or one of them.
    """

    sigma: float
    share: float
    joint: bool = True


def z(values: Values) -> Values:
    """How many standard deviations (n - 1) of its layer's entries each entry lies above their mean; 0 where all are equal.

    Of n entries none is farther than (n - 1)/√n.
    """
    deviations = values - values.mean(axis=1, keepdims=True)
    spread = values.std(axis=1, ddof=1, keepdims=True)
    found: Values = np.divide(deviations, spread, out=np.zeros_like(values), where=spread > 0)
    return found


def outlier_in_layer(z_scale: Values, z_bias: Values, bounds: Bounds) -> Bool[np.ndarray, "layers features"]:
    """Whether each feature is an outlier in each layer."""
    both = np.logical_and if bounds.joint else np.logical_or
    found: Bool[np.ndarray, "layers features"] = both(np.abs(z_scale) > bounds.sigma, np.abs(z_bias) > bounds.sigma)
    return found


def outliers(z_scale: Values, z_bias: Values, bounds: Bounds) -> list[int]:
    """The outliers of a model, the most extreme first.

    That is by the number of layers in which it is one, then by the mean over the layers of the smaller of |z| of scale and bias
    (where one of them is enough: of the larger), then by place.
    """
    inside = outlier_in_layer(z_scale, z_bias, bounds).sum(axis=0)
    of_both = (np.minimum if bounds.joint else np.maximum)(np.abs(z_scale), np.abs(z_bias)).mean(axis=0)
    found = np.flatnonzero(inside > bounds.share * len(z_scale))
    return sorted(found.tolist(), key=lambda feature: (-inside[feature], -of_both[feature], feature))


def feature_table(scale: Values, bias: Values, bounds: Bounds, keys: Mapping[str, str]) -> pd.DataFrame:
    """Every feature in every layer, the lowest being layer 1: ``FEATURE_COLUMNS``.

    Args:
        keys: study and model.
    """
    layers, features = scale.shape
    z_scale, z_bias = z(scale), z(bias)
    found = pd.DataFrame(
        {
            "layer": np.repeat(np.arange(1, layers + 1), features),
            "feature": np.tile(np.arange(features), layers),
            "scale": scale.ravel(),
            "bias": bias.ravel(),
            "z_scale": z_scale.ravel(),
            "z_bias": z_bias.ravel(),
            "outlier": outlier_in_layer(z_scale, z_bias, bounds).ravel(),
        }
    )
    return found.assign(**keys)[list(FEATURE_COLUMNS)]


def outliers_of(table: pd.DataFrame, bounds: Bounds) -> list[int]:
    """The outliers of the one model of a ``feature_table``, the most extreme first."""
    layers = table["layer"].nunique()
    ordered = table.sort_values(["layer", "feature"])
    z_scale, z_bias = (ordered[name].to_numpy(float).reshape(layers, -1) for name in ("z_scale", "z_bias"))
    return outliers(z_scale, z_bias, bounds)


def emergence_rows(scale: Values, bias: Values, bounds: Bounds, keys: Mapping[str, str | float]) -> pd.DataFrame:
    """Every feature of a model at one step of its pre-training: ``EMERGENCE_COLUMNS``; |z| is the mean over the layers.

    Args:
        keys: study, model, step, and how the model then does masked LM: loss, recall.
    """
    z_scale, z_bias = z(scale), z(bias)
    features = np.arange(scale.shape[1])
    found = pd.DataFrame(
        {
            "feature": features,
            "z_scale": np.abs(z_scale).mean(axis=0),
            "z_bias": np.abs(z_bias).mean(axis=0),
            "outlier": np.isin(features, outliers(z_scale, z_bias, bounds)),
        }
    )
    return found.assign(**keys)[list(EMERGENCE_COLUMNS)]


def random_sets(outlying: Sequence[int], features: int, draws: int, seed: int) -> list[list[int]]:
    """``draws`` random sets of other features, each as large as the set of outliers; drawn by (seed, draw), ascending.

    Raises:
        ValueError: there are not so many others.
    """
    others = np.setdiff1d(np.arange(features), outlying)
    if len(others) < len(outlying):
        raise ValueError(f"{len(outlying)} of {features} features are outliers: no set of as many others is there")
    rngs = [np.random.default_rng([seed, draw]) for draw in range(1, draws + 1)]
    return [sorted(rng.choice(others, len(outlying), replace=False).tolist()) for rng in rngs]
