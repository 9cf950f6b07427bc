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
    is one, called once per layer of the model. ``inseparable`` says why layers cannot be taken out. Layers that are ``asked``
    give a tuple: hidden states, and attention if asked for it. ``attention`` is how it is computed, whatever a saved
    model's file says. One Linear may be query, key and value at once. ``cutting`` says what else of a layer changes when heads
    go (``headcount.units.cutting.Cut``).

    ``embedding`` lists the modules below ``body`` that lead, one after the other, from token ids to the hidden states that
    enter the lowest layer; one that a model does not have is left out. ``head`` lists those that lead from hidden states to
    vocabulary logits in the masked-LM model; a model may have a ``head_of_embeddings`` instead, which is told the word
    embeddings too. ``pooler`` is below ``body`` where those that classify take it from there.
    ``output_norm``, below a layer, is its last operation, where that is a LayerNorm; ``final_norm``, below ``body``, one that
    comes after all layers. ``positions`` lists what, beside the layers, says to all of them how far tokens are apart.

    ``tokenizer`` is the kind of its tokenizer; ``counts_past_padding`` says that positions count from ``pad_token_id + 1``.
    ``sizes`` are those of a ``config.json`` that does not say, ``names`` what it calls them where that is not BERT's name;
    ``gated`` says that the feed-forward part has a third matrix, of the size of the first. ``only`` has the settings of which
    one value alone is supported: the value, and why. ``dropouts`` and ``classifier_dropout`` name its settings of dropout;
    ``classifier_dropout_at`` is the module where no setting of its own has that of the classifier. ``classifier`` is the last
    module of a model that classifies, one row of weights a label.
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
    output_norm: str | None = "output.LayerNorm"
    head_of_embeddings: str | None = None
    final_norm: str | None = None
    positions: tuple[str, ...] = ()
    attention: Literal["sdpa", "eager"] = "sdpa"
    pooler: str | None = None
    dropouts: tuple[str, ...] = ("hidden_dropout_prob", "attention_probs_dropout_prob")
    classifier: str = "classifier"
    classifier_dropout: str | None = "classifier_dropout"
    classifier_dropout_at: str | None = None
    only: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    shared: bool = False
    inseparable: str | None = None
    asked: bool = False
    gated: bool = False
    counts_past_padding: bool = False

    @property
    def cut(self) -> dict[str, Any]:
        """Where a layer keeps its heads, as ``headcount.units.cutting.Cut`` takes it; its values are those of a JSON file."""
        return {"inputs": list(dict.fromkeys((self.query, self.key, self.value))), "output": self.output, **self.cutting}

    @property
    def padding(self) -> int | None:
        """The id of the token that fills up, where the family's classes know one alone."""
        return self.only.get("pad_token_id", (None,))[0]

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
