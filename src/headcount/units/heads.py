"""Attention heads, removed from the weights of a model (§3.3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from headcount.encoders import family, head_dim, sites
from headcount.order.ranking import Head
from headcount.units.cutting import Cut, cut
from headcount.units.gates import head_counts

if TYPE_CHECKING:
    from transformers import PreTrainedModel


KEPT = "headcount_kept_heads"
"""Key of a pruned model's configuration: the original numbers of the heads that each set of attention weights has left."""


class Heads:
    """The heads of one model, by their original numbers, while they are being removed from its weights.

    Queries, keys and values lose the head's rows, the output projection its columns: the logits are those of the model
    whose gate is 0. The projection's bias stays, and so does a layer that has no head left.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model
        self.sites = sites(model)
        given = getattr(model.config, KEPT, None)
        self.kept: list[list[int]] = given or [list(range(count)) for count in head_counts(model)]

    @property
    def left(self) -> list[Head]:
        """The heads that the model still has."""
        return [(row, head) for row, heads in enumerate(self.kept) for head in heads]

    def remove(self, heads: Iterable[Head]) -> None:
        """Remove some of the heads that are left.

        Raises:
            ValueError: one of them is not there, or not there any more.
        """
        gone = set(heads)
        if missing := gone - set(self.left):
            raise ValueError(f"head {min(missing)} (layer, head) is not in the model: it has {len(self.left)} heads left")
        where = Cut(**family(self.model).cut)
        for row in sorted({row for row, _ in gone}):
            stay = [i for i, head in enumerate(self.kept[row]) if (row, head) not in gone]
            cut(self.sites[row].block, where, stay, head_dim(self.model))
            self.kept[row] = [self.kept[row][i] for i in stay]


def parameters_of_a_head(model: PreTrainedModel) -> int:
    """How many parameters go with one head; none do where layers share their heads, so that no layer's can go alone."""
    if family(model).shared:
        return 0
    site = sites(model)[0]
    whole = sum(parameter.numel() for linear in site.inputs for parameter in linear.parameters())
    return int((whole + site.projection("output").weight.numel()) // head_counts(model)[0])
