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
    the last layer, the first matrix of the head for masked LM. Where the feature is zeroed in the layers' output LayerNorms
    (``units.features``), they all are off by what they take back, in proportion to ``bias``.

    Raises:
        ValueError: the layers share their weights, so that the first would be read as the others are; no such feature.
    """
    kind = encoders.family(model)
    if kind.shared:
        raise ValueError(
            f"spike: {model.config.model_type} shares its layers; the first reads the embeddings, which have no spike"
        )
    norms, sites = encoders.output_norms(model), encoders.sites(model)
    if not 0 <= feature < (size := len(norms[0].weight)):
        raise ValueError(f"spike.feature: {feature} is not in the model; allowed is 0 to {size - 1}")
    head = model.get_submodule(kind.head[0])
    first = next(module for module in head.modules() if isinstance(module, nn.Linear))
    readers = [site.projection(part) for site in sites[1:] for part in ("query", "key", "value")]
    with torch.no_grad():
        for norm in norms:
            norm.bias[feature] += bias
        for site in sites[1:]:
            site.projection("output").bias[feature] -= bias
        for reader in [*readers, first]:
            take_back(reader.weight, reader.bias, feature, bias)


def take_back(weight: Tensor, offset: Tensor, feature: int, bias: float) -> None:
    """Have a matrix that reads hidden states give what it gave when the feature was smaller by ``bias``."""
    offset -= weight[:, feature] * bias


def spike_saved(directory: Path, settings: Spike) -> None:
    """``spike`` the masked-LM model that is saved in ``directory``; a pooler beside it takes the bias back too.

    Raises:
        ValueError: as ``spike``.
    """
    model = encoders.load(directory, "ForMaskedLM")
    saved = weights.read(directory)
    spike(model, settings.feature, settings.bias)
    model.save_pretrained(directory)
    changed = weights.read(directory)
    if (pooler := f"{encoders.family(model).body}.pooler.dense") + ".weight" in saved:
        take_back(saved[f"{pooler}.weight"], saved[f"{pooler}.bias"], settings.feature, settings.bias)
    weights.write(directory, {**saved, **changed})
