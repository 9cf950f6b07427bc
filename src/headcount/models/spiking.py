"""An encoder with a known outlier: the same function, in which one feature carries a constant that all above it lean on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from headcount import encoders
from headcount.models import weights

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

    from headcount.settings.models import Spike


def spike(model: PreTrainedModel, feature: int, bias: float) -> None:
    """Add ``bias`` to a feature where every layer ends, and take it back in all that reads it; logits stay, up to rounding.

    The readers of a layer's hidden states are the next layer's query, key and value, and the sum around its attention; after
    the last layer, the first matrix of the head for masked LM, and the pooler's where the model has one. A classifier that
    reads the last layer itself is drawn when a task is fine-tuned, and so from the first step on reads the states as they are.

    Where the feature is zeroed in the layers' output LayerNorms (``units.features``), the readers are off by what they take
    back, in proportion to ``bias``; with its mean in its place they are not. In training, dropout of attention's output drops
    what that takes back, too.

    Args:
        model: for masked LM; changed in place.

    Raises:
        ValueError: the layers share their weights, so that the first would be read as the others are; it has no such feature;
            it has no head for masked LM; what reads its hidden states reads its positions too.
    """
    kind = encoders.family(model)
    if kind.shared:
        raise ValueError(
            f"spike: {model.config.model_type} shares its layers; the first reads the embeddings, which have no spike"
        )
    if getattr(model.config, "share_att_key", False):
        raise ValueError(
            "spike: its queries and keys are made of positions too (share_att_key in config.json), which have no spike"
        )
    norms, sites = encoders.output_norms(model), encoders.sites(model)
    size = len(norms[0].weight)
    if not 0 <= feature < size:
        raise ValueError(f"spike.feature: {feature} is not in the model; allowed is 0 to {size - 1}")
    readers = [site.projection(part) for site in sites[1:] for part in ("query", "key", "value")]
    readers += [_first_matrix(part) for part in _after_the_last_layer(model)]
    with torch.no_grad():
        for norm in norms:
            norm.bias[feature] += bias
        for site in sites[1:]:
            site.projection("output").bias[feature] -= bias
        for reader in readers:
            take_back(reader.weight, reader.bias, feature, bias)


def _after_the_last_layer(model: PreTrainedModel) -> list[nn.Module]:
    """What reads the last layer's hidden states: the head for masked LM, and a pooler where there is one."""
    head = getattr(model, encoders.family(model).head[0], None)
    if head is None:
        raise ValueError("spike: the model has no head for masked LM, which is to take back what its last layer ends with")
    pooler = getattr(encoders.body(model), "pooler", None)
    return [head] if pooler is None else [head, pooler]


def _first_matrix(part: nn.Module) -> nn.Linear:
    return next(module for module in part.modules() if isinstance(module, nn.Linear))


def take_back(weight: Tensor, offset: Tensor, feature: int, bias: float) -> None:
    """Have a matrix that reads hidden states give what it gave when the feature was smaller by ``bias``."""
    offset -= weight[:, feature] * bias


def spike_saved(directory: Path, settings: Spike) -> None:
    """``spike`` the masked-LM model that is saved in ``directory``; a pooler that is saved beside it takes the bias back too.

    All that is saved there stays, under its name.

    Raises:
        ValueError: as ``spike``.
    """
    try:
        model = encoders.load(directory, "ForMaskedLM")
    except ValueError as error:
        raise ValueError(f"spike: {str(error).replace(f'{directory}', 'the model')}") from None
    saved = weights.read(directory)
    spike(model, settings.feature, settings.bias)
    model.save_pretrained(directory)
    changed = weights.read(directory)
    if (pooler := f"{encoders.family(model).body}.pooler.dense") + ".weight" in saved:
        take_back(saved[f"{pooler}.weight"], saved[f"{pooler}.bias"], settings.feature, settings.bias)
    weights.write(directory, {**saved, **changed})
