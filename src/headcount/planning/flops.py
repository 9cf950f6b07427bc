"""Floating-point operations of an encoder, from its shape: a multiplication and an addition are two.

Counted are the products with weight matrices and those within attention. The rest (norms, activations, softmax, the head for
a few classes) is below 2 % at the shapes of the paper, and is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headcount.families import FAMILIES, shares_layers, size

DIVERGENCE_PASSES = 3
"""Forward passes of a divergence: of both models, and of the fine-tuned one's layers on what enters the pre-trained one's."""


@dataclass(frozen=True)
class Shape:
    """The sizes of an encoder; ``embedding`` is that of the token embeddings, where it is not ``hidden``.

    A ``gated`` feed-forward part has a third matrix. ``distances`` is how many vectors that stand for the distance of two
    tokens each query and key is multiplied with, beside the other tokens' keys and queries.
    """

    layers: int
    hidden: int
    heads: int
    intermediate: int
    vocabulary: int
    embedding: int | None = None
    shared: bool = False
    gated: bool = False
    distances: int = 0

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Shape:
        """The shape that a ``config.json`` describes; a size that it does not say is its family's.

        Raises:
            ValueError: a size is no whole number, or its ``model_type`` is not in the table of families.
        """
        hidden = size(config, "hidden_size")
        narrower = "embedding_size" in FAMILIES[config["model_type"]].sizes
        embedding = size(config, "embedding_size") if narrower else hidden
        return cls(
            layers=size(config, "num_hidden_layers"),
            hidden=hidden,
            heads=size(config, "num_attention_heads"),
            intermediate=size(config, "intermediate_size"),
            vocabulary=size(config, "vocab_size"),
            embedding=embedding if embedding != hidden else None,
            shared=shares_layers(config["model_type"]),
            gated=FAMILIES[config["model_type"]].gated,
            distances=_distances(config),
        )

    @property
    def all_heads(self) -> int:
        """Heads that can be removed: one row of them where layers share their weights."""
        return self.heads if self.shared else self.layers * self.heads

    @property
    def attention_parameters(self) -> int:
        """Entries of one layer's query, key, value and output matrices."""
        return 4 * self.hidden**2

    @property
    def feedforward_parameters(self) -> int:
        """Entries of one layer's feed-forward matrices: two, or three."""
        return (3 if self.gated else 2) * self.hidden * self.intermediate

    @property
    def parameters(self) -> int:
        """Entries of all matrices, the token embeddings included; those of shared layers once."""
        rows = 1 if self.shared else self.layers
        width = self.embedding or self.hidden
        mapping = self.embedding * self.hidden if self.embedding else 0
        return rows * (self.attention_parameters + self.feedforward_parameters) + mapping + self.vocabulary * width


def _distances(config: Mapping[str, Any]) -> int:
    """Of DeBERTa, by the names of its settings: each query with the distances to keys (c2p), each key with those to queries."""
    if not config.get("relative_attention"):
        return 0
    ways = config.get("pos_att_type") or []
    most = config.get("max_relative_positions", -1)
    buckets = config.get("position_buckets", -1)
    span = buckets if buckets > 0 else most if most > 0 else size(config, "max_position_embeddings")
    return 2 * span * sum(way in ways for way in ("c2p", "p2c"))


@dataclass(frozen=True)
class PerToken:
    """FLOPs of one token's way forward: in ``matrices`` of parameters, and in the ``products`` within attention."""

    matrices: float
    products: float = 0.0

    @property
    def forward(self) -> float:
        """One pass, no gradient."""
        return self.matrices + self.products

    @property
    def training(self) -> float:
        """Forward, and twice that backward: the gradients of what goes into a product and those of its other factor."""
        return 3 * self.forward

    @property
    def importance(self) -> float:
        """Forward, and backward without the parameters' gradients, which nothing asks for.

        A product with parameters is then passed backward once. The products within attention have activations on both
        sides, and are passed twice.
        """
        return 2 * self.matrices + 3 * self.products


def body(shape: Shape, length: float, removed: float = 0.0, layers: int | None = None) -> PerToken:
    """One token through the layers, within a text of ``length`` tokens.

    A layer costs 2·(matrix parameters), 4·length·hidden for the scores and the weighted sums over ``length`` tokens, and
    2·distances·hidden. What it makes of the distances themselves, once a batch however many tokens that has, is left out.
    Both parts of attention fall linearly with the share of heads ``removed`` from the weights, whichever heads they are;
    the feed-forward part stays. Layers that share weights cost as much as others.

    Args:
        layers: so many of the layers alone, without what comes before them.
    """
    kept = 1.0 - removed
    count = shape.layers if layers is None else layers
    attention = shape.attention_parameters + shape.distances * shape.hidden  # a distance's vector is nobody's activation
    mapping = shape.embedding * shape.hidden if shape.embedding and layers is None else 0
    return PerToken(
        matrices=2.0 * (count * (kept * attention + shape.feedforward_parameters) + mapping),
        products=count * kept * 4.0 * length * shape.hidden,
    )


def frozen_training(shape: Shape, length: float, frozen: int, embeddings: bool) -> float:
    """FLOPs of one token in training with the lowest ``frozen`` layers fixed.

    Where the ``embeddings`` are fixed too, no gradient goes down into those layers. Else it goes through them on its way down,
    and they spare the gradients of their own matrices alone.
    """
    if not embeddings:
        return body(shape, length).training - body(shape, length, layers=min(shape.layers, frozen)).matrices
    return body(shape, length).forward + 2 * body(shape, length, layers=max(0, shape.layers - frozen)).forward


def vocabulary(shape: Shape) -> PerToken:
    """One masked token on to the vocabulary's logits: a square matrix (ALBERT: down to the embedding), then the embeddings."""
    width = shape.embedding or shape.hidden
    return PerToken(2.0 * (shape.hidden * width + width * shape.vocabulary))
