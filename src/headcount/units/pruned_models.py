"""Pruned models on disk: written, and loaded again with fewer heads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from headcount.encoders import load_empty

if TYPE_CHECKING:
    from transformers import PreTrainedModel

from headcount.units.heads import KEPT, Heads


def save(model: PreTrainedModel, heads: Heads, directory: Path) -> None:
    """Write a pruned model: ``save_pretrained`` plus the list of the heads that it has left."""
    setattr(model.config, KEPT, heads.kept)
    model.save_pretrained(directory)


def load(directory: Path, purpose: str) -> PreTrainedModel:
    """A pruned model as ``save`` wrote it, in eval mode: built whole, its heads removed, its weights filled in.

    Raises:
        ValueError: the directory holds a model that was never pruned, or one for another purpose.
    """
    from safetensors.torch import load_file

    model = load_empty(directory, purpose)
    kept = getattr(model.config, KEPT, None)
    if kept is None:
        raise ValueError(f"{directory}: config.json has no {KEPT}; this model was not pruned, load it with from_pretrained")
    delattr(model.config, KEPT)
    heads = Heads(model)
    heads.remove(head for head in heads.left if head[1] not in kept[head[0]])
    found = model.load_state_dict(load_file(directory / "model.safetensors"), strict=False)
    tied = set(model.all_tied_weights_keys)
    if missing := sorted(set(found.missing_keys) - tied):
        raise ValueError(f"{directory} was not saved {purpose}: it lacks {missing[0]}; load it for what it was pruned for")
    model.tie_weights()
    setattr(model.config, KEPT, kept)
    return model.eval()
