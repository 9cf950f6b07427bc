"""The parts of any encoder in the table of families: its sites of attention, what leads to them, and what reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from headcount.families import FAMILIES as FAMILIES
from headcount.families import Family, family_of, model_type_of
from headcount.families import head_shape as head_shape
from headcount.families import longest_text as longest_text
from headcount.families import shares_layers as shares_layers

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class Site:
    """One set of attention weights: ``block`` holds the four projections at the family's paths."""

    block: nn.Module
    family: Family

    def projection(self, part: str) -> nn.Linear:
        """The Linear called ``part`` (``query``, ``key``, ``value`` or ``output``)."""
        found: nn.Linear = self.block.get_submodule(getattr(self.family, part))  # type: ignore[assignment]
        return found

    @property
    def attention(self) -> nn.Module:
        """The module around the query; returns ``(heads' outputs, attention)``, the latter where it is computed eagerly."""
        return self.block.get_submodule(self.family.query.rpartition(".")[0])

    def replace(self, part: str, linear: nn.Linear) -> None:
        """Put ``linear`` in the place of ``part``."""
        parent, _, name = getattr(self.family, part).rpartition(".")
        setattr(self.block.get_submodule(parent), name, linear)


def family(model: PreTrainedModel) -> Family:
    return family_of(model.config.model_type)


def sites(model: PreTrainedModel) -> list[Site]:
    """The sets of attention weights of ``model``, lowest first: one per layer, or one in all where layers share them.

    Raises:
        ValueError: an ALBERT whose layers fall into several groups, which no table entry describes.
    """
    kind = family(model)
    if getattr(model.config, "num_hidden_groups", 1) != 1 or getattr(model.config, "inner_group_num", 1) != 1:
        raise ValueError(f"{model.config.model_type} with several groups of shared layers is not supported: allowed is 1")
    blocks = body(model).get_submodule(kind.blocks)
    return [Site(block, kind) for block in blocks.children()]


def layers(model: PreTrainedModel) -> list[Site]:
    """``sites`` in the order in which the model's layers run: one that all layers share stands once for each."""
    found = sites(model)
    return found * model.config.num_hidden_layers if family(model).shared else found


def embedding(model: PreTrainedModel) -> list[nn.Module]:
    """The modules from token ids to the hidden states that enter the lowest layer, in the order in which they run."""
    present = dict(body(model).named_modules())
    return [present[path] for path in family(model).embedding if path in present]


def embedded(model: PreTrainedModel, inputs: dict[str, Tensor]) -> Tensor:
    """The hidden states ``[examples, tokens, hidden]`` that enter the lowest layer."""
    first, *others = embedding(model)
    given = ("input_ids", "token_type_ids") if family(model).segments else ("input_ids",)
    hidden: Tensor = first(**{name: inputs[name] for name in given})
    for module in others:
        hidden = module(hidden)
    return hidden


def body(model: PreTrainedModel) -> nn.Module:
    """The encoder below the task's head (the model itself where it has no head)."""
    return getattr(model, family(model).body, model)  # type: ignore[no-any-return]


def head_dim(model: PreTrainedModel) -> int:
    """Width of one head; removal of heads never changes it."""
    return int(model.config.hidden_size // model.config.num_attention_heads)


def masked_logits(model: PreTrainedModel, inputs: dict[str, Tensor], chosen: Tensor) -> Tensor:
    """Vocabulary logits ``[chosen positions, vocabulary]`` at the positions where ``chosen [batch, tokens]`` is true.

    The projection onto the vocabulary, most of a masked-LM's cost at the end, is spent on those positions alone.
    """
    return vocabulary_logits(model, body(model)(**inputs).last_hidden_state[chosen])


def vocabulary_logits(model: PreTrainedModel, states: Tensor) -> Tensor:
    """What a masked-LM's head makes of hidden states ``[…, hidden]``."""
    for path in family(model).head:
        states = model.get_submodule(path)(states)
    return states


def load(directory: Path, purpose: str) -> PreTrainedModel:
    """The saved model in ``directory`` for ``purpose`` (``ForMaskedLM``, …): eval mode, no parameter needs a gradient."""
    model_type = model_type_of(directory)
    cls = family_of(model_type).model_class(model_type, purpose)
    model: PreTrainedModel = cls.from_pretrained(directory, local_files_only=True, use_safetensors=True)
    model.requires_grad_(False)
    return model.eval()


def load_empty(directory: Path, purpose: str) -> PreTrainedModel:
    """The model that the configuration in ``directory`` describes, with random weights."""
    model_type = model_type_of(directory)
    kind = family_of(model_type)
    config = kind.config_class(model_type).from_pretrained(directory, local_files_only=True)
    model: PreTrainedModel = kind.model_class(model_type, purpose)(config)
    return model
