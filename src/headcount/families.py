"""Families of encoders, and what follows from a ``config.json`` alone; no torch is imported."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headcount.family import Family as Family
from headcount.family_table import FAMILIES as FAMILIES

if TYPE_CHECKING:
    from transformers import PreTrainedConfig


def family_of(model_type: str) -> Family:
    """The table's entry for a ``model_type``.

    Raises:
        UnknownName: the table has no such entry.
    """
    return FAMILIES[model_type]


def model_type_of(directory: Path) -> str:
    """The ``model_type`` of a saved model, read without any deep-learning library."""
    return str(json.loads((directory / "config.json").read_text())["model_type"])


def head_shape(config: PreTrainedConfig | Mapping[str, Any]) -> tuple[int, int]:
    """``(rows, heads)``: one row per layer, or a single one where layers share their heads."""
    settings = config if isinstance(config, Mapping) else config.to_dict()
    rows = 1 if shares_layers(settings["model_type"]) else size(settings, "num_hidden_layers")
    return rows, size(settings, "num_attention_heads")


def size(settings: Mapping[str, Any], name: str) -> int:
    """A size in a ``config.json``, by BERT's name for it; the family's own where the file does not say.

    Raises:
        ValueError: it is there, and no whole number; or no family has a value for it.
    """
    kind = family_of(settings["model_type"])
    own = kind.names.get(name, name)
    found = settings.get(own, kind.sizes.get(name))
    if not isinstance(found, int) or isinstance(found, bool):
        raise ValueError(f"config.json: {own} is {json.dumps(found)}; allowed is a whole number")
    return found


def longest_text(settings: Mapping[str, Any]) -> int:
    """Tokens, special ones included, that the model with this ``config.json`` can read at once.

    Raises:
        ValueError: the file does not say.
    """
    before = size(settings, "pad_token_id") + 1 if family_of(settings["model_type"]).counts_past_padding else 0
    return size(settings, "max_position_embeddings") - before


def shares_layers(model_type: str) -> bool:
    return family_of(model_type).shared


def inseparable_layers(model_type: str) -> str | None:
    """Why layers cannot be taken out of a model, where they cannot."""
    return family_of(model_type).inseparable


def ends_layers_with_norms(model_type: str) -> bool:
    """Whether a LayerNorm is the last operation of each layer."""
    return family_of(model_type).output_norm is not None


def check_supported(settings: Mapping[str, Any]) -> None:
    """See that the table describes a model with this ``config.json``.

    Raises:
        ValueError: it has a setting that the family's entry does not allow, sees positions by their distance where the family
            does not, or has lost heads before.
    """
    for name, (value, why) in family_of(settings["model_type"]).only.items():
        if settings.get(name, value) != value:
            found, allowed = json.dumps(settings[name]), json.dumps(value)
            raise ValueError(f"config.json: {name} is {found}; allowed is {allowed}, {why}")
    if (kind := settings.get("position_embedding_type", "absolute")) != "absolute":
        raise ValueError(f'config.json: position_embedding_type is {json.dumps(kind)}; allowed is "absolute"')
    if settings.get("pruned_heads"):
        raise ValueError("config.json: pruned_heads says that an older library removed heads; give the model before that")
