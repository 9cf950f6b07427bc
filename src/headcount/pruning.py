"""Laying heads off: structural removal from the weights (§3.3), and pruned models on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from headcount.encoders import Site, head_dim, load_empty, sites
from headcount.gates import head_counts
from headcount.ranking import Head, normalize

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from headcount.curves import Removable

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
        for row in sorted({row for row, _ in gone}):
            stay = [i for i, head in enumerate(self.kept[row]) if (row, head) not in gone]
            _shrink(self.sites[row], stay, head_dim(self.model))
            self.kept[row] = [self.kept[row][i] for i in stay]


def _shrink(site: Site, stay: Sequence[int], width: int) -> None:
    device = site.projection("query").weight.device
    features = (torch.tensor(stay, dtype=torch.long)[:, None] * width + torch.arange(width)).flatten().to(device)
    for part in ("query", "key", "value"):
        linear = site.projection(part)
        site.replace(part, _linear(linear.weight[features], linear.bias[features]))
    linear = site.projection("output")
    site.replace("output", _linear(linear.weight[:, features], linear.bias))


def _linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    rows, columns = weight.shape
    made = nn.Linear(columns, rows, device="meta")
    made.weight = nn.Parameter(weight.detach().clone(), requires_grad=weight.requires_grad)
    made.bias = nn.Parameter(bias.detach().clone(), requires_grad=bias.requires_grad)
    return made


def iterative(
    estimate: Callable[[], Sequence[Float[np.ndarray, " heads"]]], norm: str
) -> Callable[[Removable[Head], int], list[Head]]:
    """The least important heads by an estimate made anew of what is left, normalised over what is left of each layer."""

    def next_heads(heads: Removable[Head], count: int) -> list[Head]:
        rows: dict[int, list[Head]] = {}
        for row, head in heads.left:
            rows.setdefault(row, []).append((row, head))
        scored: list[tuple[float, Head]] = []
        for row, values in enumerate(estimate()):
            if row in rows:
                scored += zip(normalize(values[None], norm)[0].tolist(), rows[row], strict=True)
        return [head for _, head in sorted(scored)[:count]]

    return next_heads


def save(model: PreTrainedModel, heads: Heads, directory: Path) -> None:
    """Write a pruned model: ``save_pretrained`` plus the list of the heads that it has left."""
    setattr(model.config, KEPT, heads.kept)
    model.save_pretrained(directory)


def load(directory: Path, purpose: str) -> PreTrainedModel:
    """A pruned model as ``save`` wrote it, in eval mode: built whole, its heads removed, its weights filled in.

    Raises:
        ValueError: the directory holds a model that was never pruned.
    """
    from safetensors.torch import load_file

    model = load_empty(directory, purpose)
    kept = getattr(model.config, KEPT, None)
    if kept is None:
        raise ValueError(f"{directory}: config.json has no {KEPT}; this model was not pruned, load it with from_pretrained")
    delattr(model.config, KEPT)
    heads = Heads(model)
    heads.remove(head for head in heads.left if head[1] not in kept[head[0]])
    model.load_state_dict(load_file(directory / "model.safetensors"), strict=False)
    model.tie_weights()
    setattr(model.config, KEPT, kept)
    return model.eval()
