"""Features of the hidden states, removed from every layer's output LayerNorm: zeroed, or replaced by their mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from headcount.encoders import output_norms

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Feature = tuple[int]
"""A feature by its place in the hidden state, through all layers."""


def norm_parameters(
    model: PreTrainedModel,
) -> tuple[Float64[np.ndarray, "layers features"], Float64[np.ndarray, "layers features"]]:
    """Scale and bias of every layer's output LayerNorm, lowest layer first; one row where layers share it."""
    norms = output_norms(model)
    scale, bias = (torch.stack([getattr(norm, name) for norm in norms]) for name in ("weight", "bias"))
    return scale.detach().double().cpu().numpy(), bias.detach().double().cpu().numpy()


class Features:
    """The features of one model, while they are removed from its weights, or put back.

    A removed feature has scale 0 in every layer's output LayerNorm. Its bias is 0, or, where ``means`` are given, its mean:
    then the layers above read what it was on average.

    Args:
        means: ``[layers, features]``, of the hidden states that leave each layer.
    """

    def __init__(self, model: PreTrainedModel, means: Tensor | None = None) -> None:
        self.norms = output_norms(model)
        self.size = len(self.norms[0].weight)
        self.means = torch.zeros(len(self.norms), self.size) if means is None else means
        if self.means.shape != (len(self.norms), self.size):
            raise ValueError(
                f"means are {list(self.means.shape)}; the model has {len(self.norms)} norms of {self.size} features"
            )
        self.kept = list(range(self.size))

    @property
    def left(self) -> list[Feature]:
        """The features that the model still has."""
        return [(feature,) for feature in self.kept]

    def remove(self, features: Iterable[Feature]) -> None:
        """Remove some of the features that are left.

        Raises:
            ValueError: one of them is not there, or not there any more.
        """
        gone = sorted(feature for (feature,) in features)
        if missing := [feature for feature in gone if feature not in self.kept]:
            raise ValueError(f"feature {missing[0]} is not in the model: it has {len(self.kept)} of {self.size} left")
        with torch.no_grad():
            for norm, means in zip(self.norms, self.means, strict=True):
                norm.weight[gone] = 0.0
                norm.bias[gone] = means[gone].to(norm.bias)
        self.kept = [feature for feature in self.kept if feature not in gone]

    @contextmanager
    def without(self, features: Sequence[int]) -> Iterator[None]:
        """The model without some features; it is whole again after it."""
        whole = [(norm.weight.detach().clone(), norm.bias.detach().clone()) for norm in self.norms]
        kept = self.kept
        try:
            self.remove((feature,) for feature in features)
            yield
        finally:
            self.kept = kept
            with torch.no_grad():
                for norm, (weight, bias) in zip(self.norms, whole, strict=True):
                    norm.weight.copy_(weight)
                    norm.bias.copy_(bias)
