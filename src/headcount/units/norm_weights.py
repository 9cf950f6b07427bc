"""Scale and bias of the last operation of every layer, from a saved model's weights: its class is not needed, nor any head."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64

from headcount.families import FAMILIES
from headcount.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor

Values = Float64[np.ndarray, "layers features"]


@dataclass(frozen=True)
class Last:
    """What a layer ends with, in families outside the table of those whose heads are studied.

    Args:
        stacks: dotted paths of the lists of layers, in the order in which they run.
        operation: below a layer: a LayerNorm, or where ``dense``, the matrix that writes to the hidden states.
        dense: its weights are ``[inputs, features]``; a feature's scale is then the l2 norm of the weights that make it.
    """

    stacks: tuple[str, ...]
    operation: str
    dense: bool = False


OTHERS: Registry[Last] = Registry(
    "model_type",
    {
        "gpt2": Last(("h",), "mlp.c_proj", dense=True),
        "bart": Last(("encoder.layers", "decoder.layers"), "final_layer_norm"),
        "xlnet": Last(("layer",), "ff.layer_norm"),
    },
)
"""Kovaleva et al. 2021 (§4) look at these too; GPT-2 has no LayerNorm at a layer's end."""


def last_of(model_type: str) -> Last:
    """What layers of a ``model_type`` end with.

    Raises:
        UnknownName: neither table has it.
        ValueError: its layers end with neither.
    """
    if model_type in FAMILIES:
        kind = FAMILIES[model_type]
        if kind.output_norm is None:
            raise ValueError(f"a layer of a {kind.title} ends with no LayerNorm, whose scale and bias could be asked for")
        return Last((kind.blocks,), kind.output_norm)
    return OTHERS[model_type]


def norm_weights(weights: Mapping[str, Tensor], model_type: str) -> tuple[Values, Values]:
    """Scale and bias, lowest layer first; one row where layers share it.

    Args:
        weights: of a saved model, under their names there, with a prefix before the body's or without.

    Raises:
        ValueError: there are none.
    """
    last = last_of(model_type)
    rows = [row for stack in last.stacks for row in _rows(weights, stack, last)]
    if not rows:
        raise ValueError(f"no layer of a {model_type} ends with {last.operation}: the weights are another model's")
    scale, bias = (np.stack([row[part] for row in rows]) for part in (0, 1))
    return scale, bias


def _rows(weights: Mapping[str, Tensor], stack: str, last: Last) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    pattern = re.compile(rf"(?:^|.*\.){re.escape(stack)}\.(\d+)\.{re.escape(last.operation)}\.weight")
    found = {int(match[1]): name for name in weights if (match := pattern.fullmatch(name))}
    for _, name in sorted(found.items()):
        scale = weights[name].double().numpy()
        bias = weights[name.removesuffix("weight") + "bias"].double().numpy()
        yield (np.linalg.norm(scale, axis=0) if last.dense else scale), bias
