"""A classifier to ask about: from a directory, from the Hub, or from memory as it stands there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from headcount.data import sources
from headcount.data.tokenizer import Tokens
from headcount.errors import SourceError
from headcount.families import FAMILIES, check_supported, head_shape, longest_text
from headcount.models.weights import FILES
from headcount.one_model.bars import quiet

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

LONGEST = 512
"""Texts are cut to this many tokens, or to fewer if the model reads no more at once."""
PURPOSE = "ForSequenceClassification"
UNNAMED = "a model in memory"


@dataclass(frozen=True, eq=False)
class Model:
    """A classifier with what reads its texts. Nothing here ever changes it.

    Args:
        model: the network; one from memory stays the caller's own.
        labels: what its outputs are called, in their order.
        named: whether those names say something; ``LABEL_0`` does not.
        max_length: texts are cut to this many tokens, special ones included.
        name: where it comes from.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    labels: tuple[str, ...]
    named: bool
    max_length: int
    name: str

    @property
    def shape(self) -> tuple[int, int]:
        """``(rows, heads)``: a row a layer, or one in all where layers share their heads."""
        return head_shape(self.model.config)

    @property
    def called(self) -> str:
        """Its name; of a directory the last part."""
        return Path(self.name).name if Path(self.name).exists() else self.name

    @property
    def pad_id(self) -> int:
        return int(self.tokenizer.pad_token_id)

    def encode(self, texts: Sequence[str], pairs: Sequence[str] | None = None, max_length: int | None = None) -> list[Tokens]:
        """One ``Tokens`` per text, or per (text, pair), as the model's own tokenizer reads them, cut to ``max_length``."""
        told = {"return_token_type_ids": True, "return_special_tokens_mask": True}
        read = self.tokenizer(list(texts), pairs and list(pairs), truncation=True, max_length=max_length, verbose=False, **told)
        kinds = getattr(self.model.config, "type_vocab_size", None)
        segments = kinds is None or int(kinds) > 1
        columns = zip(read["input_ids"], read["token_type_ids"], read["special_tokens_mask"], strict=True)
        return [
            Tokens(np.array(ids, np.int64), np.array(types, np.int64) * segments, np.array(special, np.int64) == 1)
            for ids, types, special in columns
        ]

    def __repr__(self) -> str:
        rows, heads = self.shape
        kind = FAMILIES[self.model.config.model_type].title
        return f"<{kind} {self.called!r}: {rows} × {heads} heads, labels {', '.join(self.labels)}>"


def load(
    source: str | Path | PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase | None = None,
    *,
    labels: Sequence[str] | None = None,
    max_length: int | None = None,
    revision: str | None = None,
    device: str | None = None,
) -> Model:
    """A fine-tuned classifier, ready to be asked about.

    Args:
        source: a directory as ``save_pretrained`` wrote it, a name on the Hub, or a model in memory.
        tokenizer: of a model in memory; one from a directory or the Hub brings its own.
        labels: what the model's outputs mean, in their order, where its configuration does not say (``LABEL_0``, …).
        max_length: texts are cut to this many tokens; 512, or what the model reads at once, if nothing is given.
        revision: commit, tag or branch on the Hub; the newest if nothing is given.
        device: where the network goes (``cpu``, ``cuda``); a card if there is one. One from memory stays where it is.

    Raises:
        ValueError: heads cannot be removed from it rightly: another family, no classifier for single labels, heads gone
            before, adapters or quantised weights; or its labels are others than ``labels``.
    """
    if isinstance(source, (str, Path)):
        if tokenizer is not None:
            raise ValueError("tokenizer: give one with a model in memory alone; a directory or the Hub brings its own")
        network, reader, name = *_from_disk(str(source), revision, device), str(source)
    else:
        if tokenizer is None:
            raise ValueError("tokenizer: missing; give the model's own: load(model, tokenizer)")
        network, reader, name = source, tokenizer, str(getattr(source, "name_or_path", "") or UNNAMED)
        _check_in_memory(network)
    if reader.pad_token_id is None:
        raise ValueError(f"{name}: its tokenizer has no padding token; set one, the one that the model was trained with")
    longest = longest_text(network.config.to_dict())
    if max_length is not None and not 3 < max_length <= longest:
        raise ValueError(f"max_length: {max_length}; {name} reads at most {longest} tokens at once, and 4 are the least")
    names, named = _labels(network, labels, name)
    return Model(network, reader, names, named, max_length or min(longest, LONGEST), name)


def _from_disk(source: str, revision: str | None, device: str | None) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    import torch
    from transformers.models.auto.tokenization_auto import AutoTokenizer

    from headcount import encoders

    try:
        repository = sources.model("model", source, revision)
    except SourceError as error:
        raise SourceError(str(error).removeprefix("model.source: ")) from None
    try:
        settings = json.loads((repository.folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise SourceError(f"{source} has no config.json that can be read; give a model that save_pretrained wrote") from None
    _check_settings(settings, source)
    repository.fetch(*FILES)
    try:
        with quiet():
            network = encoders.load(repository.folder, PURPOSE)
    except ValueError as error:
        raise SourceError(str(error).replace(str(repository.folder), source)) from None
    reader = AutoTokenizer.from_pretrained(repository.folder, trust_remote_code=False)
    return network.to(device or ("cuda" if torch.cuda.is_available() else "cpu")), reader


def _check_in_memory(network: PreTrainedModel) -> None:
    from torch import nn

    from headcount import encoders

    what = type(network).__name__
    if not hasattr(getattr(network, "config", None), "to_dict"):
        raise ValueError(f"a {what} is no model of transformers; give a directory, a name on the Hub, or such a model")
    settings = network.config.to_dict()
    _check_settings(settings, what)
    expected = FAMILIES[settings["model_type"]].model_class(settings["model_type"], PURPOSE)
    if not isinstance(network, expected):
        raise ValueError(f"a {what} does not classify texts, or is wrapped; allowed is a {expected.__name__}")
    for site in encoders.sites(network):
        for name, module in site.block.named_modules():
            if not list(module.children()) and "Linear" in type(module).__name__ and type(module) is not nn.Linear:
                raise ValueError(
                    f"{what}: its {name} is a {type(module).__module__}.{type(module).__name__};"
                    " heads are cut from plain weights alone: merge adapters, and give the model as it was before quantisation"
                )
            if name.endswith(("lora_A", "lora_B")):
                raise ValueError(f"{what}: it has adapters ({name}); merge them into its weights first")


def _check_settings(settings: dict[str, Any], name: str) -> None:
    from headcount.units.heads import KEPT

    if settings.get(KEPT):
        raise ValueError(f"{name} has lost heads already ({KEPT} in its config.json); give the model that it was made from")
    if settings.get("model_type") not in FAMILIES:
        raise ValueError(f"{name} is of the family {settings.get('model_type')!r}; supported are {', '.join(FAMILIES)}")
    if settings.get("quantization_config"):
        raise ValueError(f"{name} has quantised weights; heads are cut from plain ones: give the model before quantisation")
    try:
        check_supported(settings)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    kind = settings.get("problem_type")
    if kind not in (None, "single_label_classification"):
        raise ValueError(f"{name} was trained for {kind.replace('_', ' ')}; supported is one label of several for each text")


def _labels(network: PreTrainedModel, given: Sequence[str] | None, name: str) -> tuple[tuple[str, ...], bool]:
    """What the outputs are called, and whether that says something."""
    config = network.config
    count = int(config.num_labels)
    if count < 2:
        raise ValueError(f"{name} has {count} output: it predicts a number; supported is one label of several for each text")
    own = [str(config.id2label[i]) for i in range(count)]
    says_something = [label.casefold() for label in own] != [f"label_{i}" for i in range(count)]
    if given is None:
        return tuple(own), says_something
    labels = tuple(given)
    if len(labels) != count or len(set(labels)) != count:
        raise ValueError(f"labels: {', '.join(labels)}; {name} has {count} outputs, and each needs a name of its own")
    if says_something and [label.casefold() for label in labels] != [label.casefold() for label in own]:
        raise ValueError(f"labels: {', '.join(labels)}; {name} calls its outputs {', '.join(own)}; give those, or nothing")
    return labels, True


@contextmanager
def at_rest(network: PreTrainedModel) -> Iterator[None]:
    """Within the block: no dropout, and no gradient for a parameter. After it, error or not, all is as it was."""
    import torch

    training = {module: module.training for module in network.modules()}
    learning = {parameter: parameter.requires_grad for parameter in network.parameters()}
    try:
        network.eval()
        for parameter in learning:
            parameter.requires_grad_(False)
        with torch.inference_mode(False), torch.enable_grad():
            yield
    finally:
        for module, was in training.items():
            module.training = was
        for parameter, wanted in learning.items():
            parameter.requires_grad_(wanted)
