"""What can be removed from a model: each kind of unit by its name. Importing this loads no deep-learning library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64

from headcount.registry import Registry

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from headcount.order.curve import Removable


@dataclass(frozen=True)
class Unit:
    """A kind of unit.

    Args:
        title: what one of them is called; plural: several of them, as on an axis.
        columns: what names one of them in an order table.
        importance: of each unit, from the importance of the heads ``[rows, heads]`` that it holds.
        within_layers: several lie in one layer, so that a norm over the layer (Eq. 4) changes their order.
        shared_layers: defined also where the layers of a model share their weights.
    """

    title: str
    plural: str
    columns: tuple[str, ...]
    importance: Callable[[Float64[np.ndarray, "rows heads"]], Float64[np.ndarray, "*units"]]
    within_layers: bool
    shared_layers: bool


def _heads(model: PreTrainedModel) -> Removable:
    from headcount.units.heads import Heads

    return Heads(model)


def _heads_of_layers(model: PreTrainedModel) -> Removable:
    from headcount.units.layers import HeadsOfLayers

    return HeadsOfLayers(model)


def _layers(model: PreTrainedModel) -> Removable:
    from headcount.units.layers import Layers

    return Layers(model)


def _of_each_head(importance: Float64[np.ndarray, "rows heads"]) -> Float64[np.ndarray, "rows heads"]:
    return importance


def _of_each_layer(importance: Float64[np.ndarray, "layers heads"]) -> Float64[np.ndarray, " layers"]:
    total: Float64[np.ndarray, " layers"] = importance.sum(axis=1)
    return total


UNITS: Registry[Unit] = Registry(
    "unit",
    {
        "head": Unit(
            title="head",
            plural="heads",
            columns=("row", "head"),
            importance=_of_each_head,
            within_layers=True,
            shared_layers=True,
        ),
        "layer_heads": Unit(
            title="layer's heads",
            plural="layers' heads",
            columns=("layer",),
            importance=_of_each_layer,
            within_layers=False,
            shared_layers=False,
        ),
        "layer": Unit(
            title="layer",
            plural="layers",
            columns=("layer",),
            importance=_of_each_layer,
            within_layers=False,
            shared_layers=False,
        ),
    },
)


REMOVERS: Registry[Callable[[PreTrainedModel], Removable]] = Registry(
    "unit", {"head": _heads, "layer_heads": _heads_of_layers, "layer": _layers}
)
"""The units of a model, ready to be removed from its weights. Apart from ``UNITS``: who names a unit in a figure does
not depend on how it is removed."""
