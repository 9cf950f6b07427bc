"""The parts of any encoder in the table of families: its sites of attention, what leads to them, and what reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headcount.families import FAMILIES as FAMILIES
from headcount.families import Family, check_supported, model_type_of
from headcount.families import family_of as family_of
from headcount.families import head_shape as head_shape
from headcount.families import longest_text as longest_text
from headcount.families import shares_layers as shares_layers
from headcount.progress import log

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn
    from transformers import PreTrainedModel

BODY_ALONE = "Model"
"""The purpose of a model that is loaded for its hidden states alone: it needs no head, and no pooler."""


@dataclass(frozen=True)
class Site:
    """One set of attention weights: ``block`` holds the four projections at the family's paths."""

    block: nn.Module
    family: Family

    def projection(self, part: str) -> nn.Linear:
        """The Linear called ``part``: ``query``, ``key``, ``value`` (one may be all three) or ``output``."""
        found: nn.Linear = self.block.get_submodule(getattr(self.family, part))  # type: ignore[assignment]
        return found

    @property
    def inputs(self) -> list[nn.Linear]:
        """Every Linear whose outputs belong to heads."""
        present = dict(self.block.named_modules())
        return [present[path] for path in self.family.cut["inputs"] if path in present]

    @property
    def attention(self) -> nn.Module:
        """The module around the query; returns ``(heads' outputs, attention)``, the latter where it is computed eagerly."""
        return self.block.get_submodule(self.family.query.rpartition(".")[0])


def family(model: PreTrainedModel) -> Family:
    return family_of(model.config.model_type)


def sites(model: PreTrainedModel) -> list[Site]:
    """The sets of attention weights of ``model``, lowest first: one per layer, or one in all where layers share them.

    Raises:
        ValueError: its configuration is one that no table entry describes, such as an ALBERT with several groups of layers.
    """
    check_supported(model.config.to_dict())
    kind = family(model)
    blocks = body(model).get_submodule(kind.blocks)
    return [Site(block, kind) for block in blocks.children()]


def layers(model: PreTrainedModel) -> list[Site]:
    """``sites`` in the order in which the model's layers run: one that all layers share stands once for each."""
    found = sites(model)
    return found * model.config.num_hidden_layers if family(model).shared else found


def output_norms(model: PreTrainedModel) -> list[nn.LayerNorm]:
    """The LayerNorm with which each layer ends, lowest first; one in all where layers share it.

    Raises:
        ValueError: layers of this family end with another operation.
    """
    path = family(model).output_norm
    if path is None:
        raise ValueError(f"{model.config.model_type} has no LayerNorm at the end of a layer, whose features could be removed")
    return [site.block.get_submodule(path) for site in sites(model)]  # type: ignore[misc]


def matrices(model: PreTrainedModel) -> dict[str, nn.Parameter]:
    """The matrices ``[rows, columns]`` whose single weights can be pruned, each once, by its name within the body.

    The word embeddings (with the output that is tied to them), every linear map of the layers, and the pooler's where the
    model has one; no bias, LayerNorm, position or segment embedding, and nothing of a head (Gordon et al. 2020, Table 3).
    """
    from torch import nn

    inside = body(model)
    chosen = {id(model.get_input_embeddings().weight)}
    pooler: nn.Module | None = getattr(inside, "pooler", None)
    for module in [*(site.block for site in sites(model)), *([] if pooler is None else [pooler])]:
        chosen |= {id(part.weight) for part in module.modules() if isinstance(part, nn.Linear)}
    return {name: parameter for name, parameter in inside.named_parameters() if id(parameter) in chosen}


def embedding(model: PreTrainedModel) -> list[nn.Module]:
    """The modules from token ids to the hidden states that enter the lowest layer, in the order in which they run."""
    present = dict(body(model).named_modules())
    return [present[path] for path in family(model).embedding if path in present]


def positions(model: PreTrainedModel) -> list[nn.Module]:
    """The modules beside the layers that say, to all of them, how far tokens are apart."""
    present = dict(body(model).named_modules())
    return [present[path] for path in family(model).positions if path in present]


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
    kind = family(model)
    if kind.head_of_embeddings and hasattr(model, kind.head_of_embeddings):
        logits: Tensor = model.get_submodule(kind.head_of_embeddings)(states, model.get_input_embeddings())
        return logits
    for path in kind.head:
        states = model.get_submodule(path)(states)
    return states


def load(directory: Path, purpose: str, labels: Sequence[str] | None = None) -> PreTrainedModel:
    """The saved model in ``directory`` for ``purpose`` (``ForMaskedLM``, …): eval mode, no parameter needs a gradient.

    Args:
        labels: the names of a task's labels in their order. Where the model has the same names in another order, its outputs
            are put into this one; names that say nothing (``LABEL_0``) are taken as they come.

    Raises:
        ValueError: the directory lacks weights that this purpose needs, has some that are not finite, or has other labels.
    """
    model_type = model_type_of(directory)
    kind = family_of(model_type)
    cls = kind.model_class(model_type, purpose)
    told: dict[str, Any] = {"local_files_only": True, "use_safetensors": True, "attn_implementation": kind.attention}
    loaded: tuple[PreTrainedModel, dict[str, Any]] = cls.from_pretrained(directory, output_loading_info=True, **told)
    model, loading = loaded
    needed = loading["missing_keys"] if purpose != BODY_ALONE else _without_pooler(loading["missing_keys"])
    if missing := sorted(needed):
        log.error(_without(purpose))
        raise ValueError(f"{directory} was not saved {_said(purpose)}: it lacks {missing[0]}; give a model that was")
    for name, parameter in model.named_parameters():
        if not parameter.isfinite().all():
            raise ValueError(f"{directory}: {name} holds values that are no finite numbers; its training went wrong")
    if labels is not None:
        _put_labels_in_order(model, labels, directory)
    model.requires_grad_(False)
    return model.eval()


def _without_pooler(names: Iterable[str]) -> list[str]:
    return [name for name in names if not name.startswith("pooler.")]


def _said(purpose: str) -> str:
    return {"ForMaskedLM": "with a head for masked LM", "ForSequenceClassification": "with a classifier"}.get(purpose, "whole")


def _without(purpose: str) -> str:
    """What a study can do whose model cannot be asked for this purpose."""
    if purpose != "ForMaskedLM":
        return f"The model cannot be asked: it was not saved {_said(purpose)}."
    return (
        "A study can leave masked LM out (`mlm: null`), or go on pre-training with a new head (encoders.<name>.pretrain.from)."
    )


def _put_labels_in_order(model: PreTrainedModel, labels: Sequence[str], directory: Path) -> None:
    if model.config.num_labels != len(labels):
        raise ValueError(f"{directory}: num_labels is {model.config.num_labels}; allowed is {len(labels)}: {', '.join(labels)}")
    given = [str(model.config.id2label[i]).lower() for i in range(len(labels))]
    wanted = [label.lower() for label in labels]
    if given == wanted or given == [f"label_{i}" for i in range(len(labels))]:
        return
    if sorted(given) != sorted(wanted):
        raise ValueError(f"{directory}: its labels are {', '.join(given)}; the task's are {', '.join(labels)}")
    order = [given.index(label) for label in wanted]
    for parameter in model.get_submodule(family(model).classifier).parameters():
        parameter.data = parameter.data[order]
    model.config.id2label = dict(enumerate(labels))
    model.config.label2id = {label: i for i, label in enumerate(labels)}


def load_empty(directory: Path, purpose: str) -> PreTrainedModel:
    """The model that the configuration in ``directory`` describes, with random weights."""
    model_type = model_type_of(directory)
    kind = family_of(model_type)
    config = kind.config_class(model_type).from_pretrained(directory, local_files_only=True)
    model: PreTrainedModel = kind.model_class(model_type, purpose)(config)
    return model
