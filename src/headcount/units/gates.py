"""ξ of Eq. 1: gates on the heads of any encoder in the table.

A gate multiplies its head's output before the attention's output projection; the projection's bias is not gated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from headcount.encoders import head_dim, sites

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def _broadcast(gate: Tensor) -> Tensor:
    """``[heads]``, ``[batch, heads]`` or ``[batch, tokens, heads]`` against ``[batch, tokens, heads, head_dim]``."""
    if gate.ndim == 2:
        gate = gate[:, None]
    return gate[..., None]


@contextmanager
def gated(model: PreTrainedModel, gates: Sequence[Tensor]) -> Iterator[None]:
    """Within the block, every head's output is multiplied by its gate; the hooks are gone after it, error or not.

    Args:
        model: any encoder in the table, with or without a task head; heads may have been removed from it.
        gates: one tensor per set of attention weights (per layer, or one in all where layers share them, which is then
            used in every layer): ``[heads]`` for every example, ``[batch, heads]`` for each its own, or
            ``[batch, tokens, heads]`` for each token its own.

    Raises:
        ValueError: the number of gates is not that of the model's sets of attention weights.
    """
    places = sites(model)
    if len(places) != len(gates):
        raise ValueError(f"{len(gates)} gates for a model with {len(places)} sets of heads")
    width = head_dim(model)

    def hook(gate: Tensor) -> Any:
        def multiply(_: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            heads = inputs[0].view(*inputs[0].shape[:-1], -1, width)
            return ((heads * _broadcast(gate)).flatten(-2), *inputs[1:])

        return multiply

    handles = []
    try:
        for place, gate in zip(places, gates, strict=True):
            handles.append(place.projection("output").register_forward_pre_hook(hook(gate)))
        yield
    finally:
        for handle in handles:
            handle.remove()


def head_counts(model: PreTrainedModel) -> list[int]:
    """Heads left in each set of attention weights."""
    return [place.projection("output").in_features // head_dim(model) for place in sites(model)]
