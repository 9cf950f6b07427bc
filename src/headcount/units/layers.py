"""Whole layers of a model: all heads of a layer go, or the layer is skipped. Only where each layer has its own weights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from torch import nn

from headcount.encoders import body, family, sites
from headcount.families import inseparable_layers
from headcount.units.heads import Heads

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Layer = tuple[int]
"""A layer by its number, 0 being the lowest."""


def _numbers(model: PreTrainedModel) -> list[int]:
    """The numbers of the layers that a whole model has.

    Raises:
        ValueError: they share their weights.
    """
    if family(model).shared:
        raise ValueError(f"{model.config.model_type} shares its layers, so that none can be removed alone: its units are heads")
    return list(range(len(sites(model))))


def _given(layers: Iterable[Layer], kept: list[int]) -> list[int]:
    """The numbers of some layers, lowest first.

    Raises:
        ValueError: one of them is not there, or not there any more.
    """
    gone = sorted(number for (number,) in layers)
    if missing := [number for number in gone if number not in kept]:
        raise ValueError(f"layer {missing[0]} is not in the model: it has {len(kept)} layers left")
    return gone


class HeadsOfLayers:
    """The layers of one model by their numbers, while they lose all their heads; the rest of such a layer stays."""

    def __init__(self, model: PreTrainedModel) -> None:
        self.kept = _numbers(model)
        self.heads = Heads(model)

    @property
    def left(self) -> list[Layer]:
        """The layers that still have their heads."""
        return [(number,) for number in self.kept]

    def remove(self, layers: Iterable[Layer]) -> None:
        """Remove all heads of some of the layers that are left.

        Raises:
            ValueError: one of them is not there, or not there any more.
        """
        gone = _given(layers, self.kept)
        self.heads.remove(head for head in self.heads.left if head[0] in gone)
        self.kept = [number for number in self.kept if number not in gone]


class Layers:
    """The layers of one model by their original numbers, while they are taken out: hidden states then pass them unchanged."""

    def __init__(self, model: PreTrainedModel) -> None:
        """See that layers can be taken out.

        Raises:
            ValueError: they share their weights, or cannot be taken out.
        """
        self.kept = _numbers(model)
        if why := inseparable_layers(model.config.model_type):
            raise ValueError(f"layers of {model.config.model_type} cannot be taken out: {why}")
        self.model = model

    @property
    def left(self) -> list[Layer]:
        """The layers that the model still has."""
        return [(number,) for number in self.kept]

    def remove(self, layers: Iterable[Layer]) -> None:
        """Take some of the layers that are left out of the model; its configuration says how many it has.

        Raises:
            ValueError: one of them is not there, or not there any more.
        """
        gone = _given(layers, self.kept)
        stack, _, name = family(self.model).blocks.rpartition(".")
        blocks = [site.block for site in sites(self.model)]
        stay = [block for number, block in zip(self.kept, blocks, strict=True) if number not in gone]
        setattr(body(self.model).get_submodule(stack), name, nn.ModuleList(stay))
        self.kept = [number for number in self.kept if number not in gone]
        self.model.config.num_hidden_layers = len(self.kept)
