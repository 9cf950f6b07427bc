"""What the table of architectures says of one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

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
    cutting: Mapping[str, Any] = field(default_factory=dict)
    embedding: tuple[str, ...] = ("embeddings",)
    output_norm: str = "output.LayerNorm"
    pooler: str | None = None
    dropouts: tuple[str, ...] = ("hidden_dropout_prob", "attention_probs_dropout_prob")
    classifier: str = "classifier"
    classifier_dropout: str = "classifier_dropout"
    shared: bool = False
    segments: bool = True
    counts_past_padding: bool = False

    @property
    def cut(self) -> dict[str, Any]:
        """Where a layer keeps its heads, as ``headcount.units.cutting.Cut`` takes it; its values are those of a JSON file."""
        return {"inputs": [self.query, self.key, self.value], "output": self.output, **self.cutting}

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
