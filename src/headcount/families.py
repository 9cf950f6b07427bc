"""The one table of architectures: where each encoder keeps its attention, and whether its layers share it.

A new family is one more entry in ``FAMILIES``. What follows from a ``config.json`` alone is here too; no torch is imported.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from headcount.registry import Registry

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel


@dataclass(frozen=True)
class Family:
    """One ``model_type``: dotted paths, relative to the model, to a layer, or to the module before the dot.

    ``title`` is its name in print. ``blocks`` lists the attention-carrying layers below ``body``; with ``shared`` layers there
    is one, called once per layer of the model. ``embedding`` lists the modules below ``body`` that lead, one after the other,
    from token ids to the hidden states that enter the lowest layer; one that a model does not have is left out. ``head`` lists
    those that lead from hidden states to vocabulary logits in the masked-LM model. ``pooler`` is below ``body`` where those
    that classify take it from there. ``output_norm``, below a layer, is its last operation.

    ``tokenizer`` is the kind of its tokenizer; ``segments`` says whether the model tells the first text of a pair from the
    second; ``counts_past_padding``, that positions count from ``pad_token_id + 1``. ``sizes`` are those of a ``config.json``
    that does not say, ``names`` what it calls them where that is not BERT's name; ``dropouts`` and ``classifier_dropout`` name
    its settings of dropout; ``classifier`` is the last module of a model that classifies, one row of weights a label.
    """

    title: str
    prefix: str
    body: str
    blocks: str
    query: str
    key: str
    value: str
    output: str
    head: tuple[str, ...]
    tokenizer: Literal["wordpiece", "byte_level", "unigram"]
    sizes: Mapping[str, int]
    names: Mapping[str, str] = field(default_factory=dict)
    embedding: tuple[str, ...] = ("embeddings",)
    output_norm: str = "output.LayerNorm"
    pooler: str | None = None
    dropouts: tuple[str, ...] = ("hidden_dropout_prob", "attention_probs_dropout_prob")
    classifier: str = "classifier"
    classifier_dropout: str = "classifier_dropout"
    shared: bool = False
    segments: bool = True
    counts_past_padding: bool = False

    def model_class(self, model_type: str, purpose: str) -> type[PreTrainedModel]:
        """The Hugging Face class for ``purpose`` (``ForMaskedLM``, …), imported from its own module alone."""
        found: type[PreTrainedModel] = getattr(_module(model_type, "modeling"), self.prefix + purpose)
        return found

    def config_class(self, model_type: str) -> type[PreTrainedConfig]:
        found: type[PreTrainedConfig] = getattr(_module(model_type, "configuration"), self.prefix + "Config")
        return found


def _module(model_type: str, part: str) -> ModuleType:
    name = model_type.replace("-", "_")
    return import_module(f"transformers.models.{name}.{part}_{name}")


_BERT_LAYER: dict[str, Any] = {
    "blocks": "encoder.layer",
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "output": "attention.output.dense",
}
_WIDTHS = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072}
_BASE = {**_WIDTHS, "vocab_size": 30522, "max_position_embeddings": 512}
_ROBERTA = {**_BASE, "pad_token_id": 1}
_XXLARGE = {"hidden_size": 4096, "num_attention_heads": 64, "intermediate_size": 16384}

FAMILIES: Registry[Family] = Registry(
    "model_type",
    {
        "bert": Family(
            title="BERT",
            prefix="Bert",
            body="bert",
            head=("cls",),
            pooler="pooler",
            tokenizer="wordpiece",
            sizes=_BASE,
            **_BERT_LAYER,
        ),
        "roberta": Family(
            title="RoBERTa",
            prefix="Roberta",
            body="roberta",
            classifier="classifier.out_proj",
            head=("lm_head",),
            tokenizer="byte_level",
            sizes={**_ROBERTA, "vocab_size": 50265},
            counts_past_padding=True,
            **_BERT_LAYER,
        ),
        "albert": Family(
            title="ALBERT",
            prefix="Albert",
            body="albert",
            blocks="encoder.albert_layer_groups.0.albert_layers",
            query="attention.query",
            key="attention.key",
            value="attention.value",
            output="attention.dense",
            head=("predictions",),
            embedding=("embeddings", "encoder.embedding_hidden_mapping_in"),
            output_norm="full_layer_layer_norm",
            pooler="pooler",
            tokenizer="unigram",
            sizes={**_BASE, **_XXLARGE, "embedding_size": 128, "vocab_size": 30000},
            classifier_dropout="classifier_dropout_prob",
            shared=True,
        ),
        "xlm-roberta": Family(
            title="XLM-R",
            prefix="XLMRoberta",
            body="roberta",
            classifier="classifier.out_proj",
            head=("lm_head",),
            tokenizer="unigram",
            sizes=_ROBERTA,
            counts_past_padding=True,
            **_BERT_LAYER,
        ),
        "camembert": Family(
            title="CamemBERT",
            prefix="Camembert",
            body="roberta",
            classifier="classifier.out_proj",
            head=("lm_head",),
            tokenizer="unigram",
            sizes=_ROBERTA,
            counts_past_padding=True,
            **_BERT_LAYER,
        ),
        "electra": Family(
            title="ELECTRA",
            prefix="Electra",
            body="electra",
            classifier="classifier.out_proj",
            head=("generator_predictions", "generator_lm_head"),
            embedding=("embeddings", "embeddings_project"),
            tokenizer="wordpiece",
            sizes={**_BASE, "embedding_size": 128, "hidden_size": 256, "num_attention_heads": 4, "intermediate_size": 1024},
            **_BERT_LAYER,
        ),
        "distilbert": Family(
            title="DistilBERT",
            prefix="DistilBert",
            body="distilbert",
            blocks="transformer.layer",
            query="attention.q_lin",
            key="attention.k_lin",
            value="attention.v_lin",
            output="attention.out_lin",
            output_norm="output_layer_norm",
            head=("vocab_transform", "activation", "vocab_layer_norm", "vocab_projector"),
            tokenizer="wordpiece",
            sizes={**_BASE, "num_hidden_layers": 6},
            names={
                "hidden_size": "dim",
                "num_hidden_layers": "n_layers",
                "num_attention_heads": "n_heads",
                "intermediate_size": "hidden_dim",
            },
            dropouts=("dropout", "attention_dropout"),
            classifier_dropout="seq_classif_dropout",
            segments=False,
        ),
    },
)


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


def check_supported(settings: Mapping[str, Any]) -> None:
    """See that the table describes a model with this ``config.json``.

    Raises:
        ValueError: its layers share weights in several groups, see positions by their distance, or have lost heads before.
    """
    for name in ("num_hidden_groups", "inner_group_num"):
        if settings.get(name, 1) != 1:
            raise ValueError(f"config.json: {name} is {json.dumps(settings[name])}; allowed is 1, one group of shared layers")
    if (kind := settings.get("position_embedding_type", "absolute")) != "absolute":
        raise ValueError(f'config.json: position_embedding_type is {json.dumps(kind)}; allowed is "absolute"')
    if settings.get("pruned_heads"):
        raise ValueError("config.json: pruned_heads says that an older library removed heads; give the model before that")
