"""Dense: removed heads as zeros in the whole model's shapes. No faster, and loads anywhere without further code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from headcount.encoders import body, family, head_dim
from headcount.formats.small import Kept, plain_config, write_plainly
from headcount.units.cutting import Cut, cut

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def write(model: PreTrainedModel, kept: Kept, directory: Path) -> None:
    """Weights in their own precision, and the configuration of the whole model."""
    write_plainly(dense(model, kept), directory)


def dense(model: PreTrainedModel, kept: Kept) -> PreTrainedModel:
    """A whole model of the same class that computes what the smaller one does: the weights of removed heads are 0.

    Where a smaller model's weights have their places in the whole one is asked of the code that removes heads, which is given
    layers that hold the places' numbers for weights.
    """
    kind, where = family(model), Cut(**family(model).cut)
    with torch.device("meta"):
        whole: PreTrainedModel = type(model)(plain_config(model))
    state = {name: value.clone() for name, value in model.state_dict().items()}
    inside = "" if body(model) is model else f"{kind.body}."
    for (name, block), stay in zip(body(whole).get_submodule(kind.blocks).named_children(), kept, strict=True):
        shapes = {key: parameter.shape for key, parameter in block.named_parameters()}
        for module in block.modules():
            for key, parameter in module.named_parameters(recurse=False):
                places = torch.arange(parameter.numel()).view_as(parameter)
                setattr(module, key, nn.Parameter(places, requires_grad=False))
        cut(block, where, stay, head_dim(model))
        for key, places in block.named_parameters():
            full = f"{inside}{kind.blocks}.{name}.{key}"
            state[full] = _scattered(state[full], places, shapes[key])
    whole = type(model)(plain_config(model))
    whole.load_state_dict(state, assign=True)
    whole.tie_weights()
    return whole.eval().requires_grad_(False)


def _scattered(values: Tensor, places: Tensor, shape: torch.Size) -> Tensor:
    found = torch.zeros(shape, dtype=values.dtype, device=values.device)
    found.view(-1)[places.flatten().to(values.device)] = values.flatten()
    return found
