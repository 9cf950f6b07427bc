"""Removal of heads from the weights of one layer.

This file stands alone: it imports torch and nothing else, and is copied as it is beside the weights of a smaller model, so that
what builds that model again is what made it smaller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Cut:
    """Where a layer keeps its heads: plain data, as a table or a JSON file holds it. Dotted paths, relative to the layer.

    Args:
        inputs: the Linears whose outputs belong to heads, one head after the other; one that a layer does not have is left out.
        output: the Linear that reads what the heads give, one head after the other. Its bias belongs to none.
        parts: how many times all heads stand in each of ``inputs``: 3 where one Linear makes queries, keys and values.
        counts: attributes that say how many heads there are.
        widths: attributes that say how wide all heads together are.
        biased: the module that is given a ``position_bias [batch, heads, …]`` of all heads that the whole model has.
        empty: the module that cannot compute without any head; it then gives none, and no attention.
    """

    inputs: Sequence[str]
    output: str
    parts: int = 1
    counts: Sequence[str] = ()
    widths: Sequence[str] = ()
    biased: str | None = None
    empty: str | None = None


def cut(layer: nn.Module, where: Cut, stay: Sequence[int], head_dim: int) -> None:
    """Leave only the heads at these places, of those that the layer has, in the order given; none, if none are.

    What the layer then computes is what it computed with the other heads' outputs at 0. Modules stay what they are, with their
    hooks; their weights become new ones, on the same device, the meta device too.

    Args:
        head_dim: width of one head, which stays.

    Raises:
        ValueError: there is no head at one of the places.
    """
    present = {path: module for path, module in layer.named_modules() if isinstance(module, nn.Linear)}
    output = present[where.output]
    there = output.in_features // head_dim
    if wrong := [place for place in stay if not 0 <= place < there]:
        raise ValueError(f"no head at place {wrong[0]}: the layer has {there}")
    features = [place * head_dim + i for place in stay for i in range(head_dim)]
    rows = [part * there * head_dim + feature for part in range(where.parts) for feature in features]
    for linear in (present[path] for path in where.inputs if path in present):
        linear.weight, linear.out_features = _chosen(linear.weight, rows), len(rows)
        if linear.bias is not None:
            linear.bias = _chosen(linear.bias, rows)
    output.weight, output.in_features = _chosen(output.weight, features, 1), len(features)
    for path in where.counts:
        _set(layer, path, len(stay))
    for path in where.widths:
        _set(layer, path, len(features))
    if where.biased is not None:
        _choose_biases(layer.get_submodule(where.biased), stay)
    if where.empty is not None and not stay:
        layer.get_submodule(where.empty).forward = _no_heads


def _chosen(parameter: Tensor, places: Sequence[int], dimension: int = 0) -> nn.Parameter:
    index = torch.tensor(places, dtype=torch.long, device=parameter.device)
    return nn.Parameter(parameter.detach().index_select(dimension, index), requires_grad=parameter.requires_grad)


def _set(layer: nn.Module, path: str, value: int) -> None:
    module, _, name = path.rpartition(".")
    setattr(layer.get_submodule(module), name, value)


def _choose_biases(attention: nn.Module, stay: Sequence[int]) -> None:
    """Have ``attention`` take its own heads' biases out of those of all heads, which every layer is given alike."""
    before: Any = getattr(attention, "original_heads", None)
    if before is None:
        attention.register_forward_pre_hook(_with_own_biases, with_kwargs=True)
    left: Any = list(stay) if before is None else [before[place] for place in stay]
    attention.original_heads = left


def _with_own_biases(
    attention: nn.Module, given: tuple[Any, ...], named: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if named.get("position_bias") is not None:
        return given, {**named, "position_bias": _own(attention, named["position_bias"])}
    if len(given) > 2 and given[2] is not None:
        return (*given[:2], _own(attention, given[2]), *given[3:]), named
    return given, named


def _own(attention: nn.Module, biases: Tensor) -> Tensor:
    # Slices, put together: numbers of heads in a tensor would have to be on the device, and what builds models on the meta
    # device would not fill it.
    heads: Any = attention.original_heads
    return torch.cat([biases[:, head : head + 1] for head in heads], 1) if heads else biases[:, :0]


def _no_heads(
    hidden_states: Tensor, attention_mask: Tensor | None = None, output_attentions: bool = False, **_: Any
) -> tuple[Tensor, Tensor | None]:
    """What attention without any head gives: nothing, for each token."""
    batch, tokens, _width = hidden_states.shape
    nothing = hidden_states.new_zeros(batch, 0, tokens, tokens) if output_attentions else None
    return hidden_states[..., :0], nothing
