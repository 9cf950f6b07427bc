"""The one table of architectures: where each encoder keeps its attention, and whether its layers share it.

Everything that differs between model families stands in ``FAMILIES``; a new family is one more entry.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headcount.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor, nn
    from transformers import PreTrainedConfig, PreTrainedModel


@dataclass(frozen=True)
class Family:
    """One ``model_type``: dotted paths, relative to the model, to a layer, or to the module before the dot.

    ``blocks`` lists the attention-carrying layers below ``body``; with ``shared`` layers there is one, called once per
    layer of the model. ``embedding`` lists the modules below ``body`` that lead, one after the other, from token ids to the
    hidden states that enter the lowest layer. ``head`` maps hidden states to vocabulary logits in the masked-LM model;
    ``classifier_dropout`` names that setting; ``counts_past_padding`` says that positions count from ``pad_token_id + 1``.
    """

    prefix: str
    body: str
    blocks: str
    query: str
    key: str
    value: str
    output: str
    head: str
    embedding: tuple[str, ...] = ("embeddings",)
    classifier_dropout: str = "classifier_dropout"
    shared: bool = False
    counts_past_padding: bool = False

    def model_class(self, model_type: str, purpose: str) -> type[PreTrainedModel]:
        """The Hugging Face class for ``purpose`` (``ForMaskedLM``, …), imported from its own module alone."""
        module = import_module(f"transformers.models.{model_type}.modeling_{model_type}")
        found: type[PreTrainedModel] = getattr(module, self.prefix + purpose)
        return found

    def config_class(self, model_type: str) -> type[PreTrainedConfig]:
        module = import_module(f"transformers.models.{model_type}.configuration_{model_type}")
        found: type[PreTrainedConfig] = getattr(module, self.prefix + "Config")
        return found


_BERT_LAYER: dict[str, Any] = {
    "blocks": "encoder.layer",
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "output": "attention.output.dense",
}

FAMILIES: Registry[Family] = Registry(
    "model_type",
    {
        "bert": Family(prefix="Bert", body="bert", head="cls", **_BERT_LAYER),
        "roberta": Family(prefix="Roberta", body="roberta", head="lm_head", counts_past_padding=True, **_BERT_LAYER),
        "albert": Family(
            prefix="Albert",
            body="albert",
            blocks="encoder.albert_layer_groups.0.albert_layers",
            query="attention.query",
            key="attention.key",
            value="attention.value",
            output="attention.dense",
            head="predictions",
            embedding=("embeddings", "encoder.embedding_hidden_mapping_in"),
            classifier_dropout="classifier_dropout_prob",
            shared=True,
        ),
    },
)


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


def family_of(model_type: str) -> Family:
    """The table's entry for a ``model_type``.

    Raises:
        UnknownName: the table has no such entry.
    """
    return FAMILIES[model_type]


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


def embedded(model: PreTrainedModel, inputs: dict[str, Tensor]) -> Tensor:
    """The hidden states ``[examples, tokens, hidden]`` that enter the lowest layer."""
    encoder = body(model)
    first, *others = (encoder.get_submodule(path) for path in family(model).embedding)
    hidden: Tensor = first(input_ids=inputs["input_ids"], token_type_ids=inputs["token_type_ids"])
    for module in others:
        hidden = module(hidden)
    return hidden


def body(model: PreTrainedModel) -> nn.Module:
    """The encoder below the task's head (the model itself where it has no head)."""
    return getattr(model, family(model).body, model)  # type: ignore[no-any-return]


def head_dim(model: PreTrainedModel) -> int:
    """Width of one head; removal of heads never changes it."""
    return int(model.config.hidden_size // model.config.num_attention_heads)


def head_shape(config: PreTrainedConfig | dict[str, Any]) -> tuple[int, int]:
    """``(rows, heads)``: one row per layer, or a single one where layers share their heads."""
    settings = config if isinstance(config, dict) else config.to_dict()
    rows = 1 if family_of(settings["model_type"]).shared else settings["num_hidden_layers"]
    return rows, settings["num_attention_heads"]


def longest_text(settings: dict[str, Any]) -> int:
    """Tokens, special ones included, that the model with this ``config.json`` can read at once."""
    kind = family_of(settings["model_type"])
    return int(settings["max_position_embeddings"] - (settings["pad_token_id"] + 1 if kind.counts_past_padding else 0))


def shares_layers(model_type: str) -> bool:
    return family_of(model_type).shared


def masked_logits(model: PreTrainedModel, inputs: dict[str, Tensor], chosen: Tensor) -> Tensor:
    """Vocabulary logits ``[chosen positions, vocabulary]`` at the positions where ``chosen [batch, tokens]`` is true.

    The projection onto the vocabulary, most of a masked-LM's cost at the end, is spent on those positions alone.
    """
    hidden = body(model)(**inputs).last_hidden_state
    logits: Tensor = model.get_submodule(family(model).head)(hidden[chosen])
    return logits


def model_type_of(directory: Path) -> str:
    """The ``model_type`` of a saved model, read without any deep-learning library."""
    return str(json.loads((directory / "config.json").read_text())["model_type"])


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
