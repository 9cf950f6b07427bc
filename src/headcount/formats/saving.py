"""A smaller model's directory: weights in one format, tokenizer and model card; written whole or not at all."""

from __future__ import annotations

import json
import os
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from headcount.data.tokenizer import TextEncoder, copy_tokenizer
from headcount.encoders import head_shape
from headcount.errors import SourceError
from headcount.formats import dense, small
from headcount.formats import onnx as onnx_format
from headcount.formats.card import MARK, Card, page
from headcount.formats.small import Kept
from headcount.store.files import replacing, write_json
from headcount.units.gates import head_counts
from headcount.units.heads import KEPT

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Format = Literal["small", "dense", "onnx"]
CARD = "README.md"
ONNX = "model.onnx"
WRITTEN = (CARD, "*.json", "*.txt", "*.model", "*.safetensors", "*.py", "*.onnx", "*.onnx.data")
"""What is found in a directory that was written here; one with other files is not replaced."""


def save(
    model: PreTrainedModel,
    tokenizer: Any,
    directory: Path | str,
    *,
    kept: Kept | None = None,
    format: Format = "small",
    card: Card | None = None,
) -> None:
    """Write a model that heads were removed from, so that other tools read it; the model stays as it is.

    Args:
        tokenizer: the model's, as Transformers loads it; or the directory of the model that has it; or none.
        directory: is made; one that was written here before is replaced.
        kept: the original numbers of the heads that each layer has left (``Heads.kept``); the model's configuration says so
            where it was loaded with fewer.
        format: ``small`` loads with ``trust_remote_code=True`` and is exact; ``dense`` has zeros in the removed heads' place
            and loads anywhere; ``onnx`` is for ONNX Runtime.
        card: what to say of the model in its card, beside the heads.

    Raises:
        ValueError: the format is none of these; ``kept`` is missing or is not what the weights have; or no Auto class is known
            for such a model.
        SourceError: the directory holds something else.
    """
    if format not in get_args(Format):
        raise ValueError(f"format is {format!r}; allowed are {', '.join(get_args(Format))}")
    directory, kept = Path(directory), _checked(model, kept)
    check_replaceable(directory)
    with replacing(directory) as temporary:
        temporary.mkdir()
        if format == "small":
            small.write(model, kept, temporary)
        elif format == "dense":
            dense.write(model, kept, temporary)
        else:
            config = small.plain_config(model)
            config.architectures = [type(model).__name__]
            config.save_pretrained(temporary)
            onnx_format.export(model, tokenizer, temporary / ONNX)
        _write_tokenizer(tokenizer, model.config.model_type, temporary)
        text = page(card or Card(), directory.name, model.config, small.purpose_of(model), kept, format)
        (temporary / CARD).write_text(text, encoding="utf-8")
        _give_normal_permissions(temporary)


def _checked(model: PreTrainedModel, kept: Kept | None) -> list[list[int]]:
    told = getattr(model.config, KEPT, None) if kept is None else kept
    there = head_counts(model)
    rows, heads = head_shape(model.config)
    if told is None:
        if there == [heads] * rows:
            return [list(range(heads))] * rows
        raise ValueError("heads were removed from this model: say with kept= which ones are left (Heads.kept)")
    if [len(row) for row in told] != there:
        raise ValueError(f"kept names {[len(row) for row in told]} heads a layer; the model's weights have {there}")
    if any(not 0 <= head < heads or list(row) != sorted(set(row)) for row in told for head in row):
        raise ValueError(f"kept: allowed are numbers from 0 to {heads - 1}, each once in a layer and in order")
    return [list(row) for row in told]


def check_replaceable(directory: Path) -> None:
    """See that nothing is lost if a model is written to ``directory``.

    Raises:
        SourceError: it holds something that was not written here.
    """
    if not directory.exists() or (directory.is_dir() and not any(directory.iterdir())):
        return
    if not directory.is_dir():
        raise SourceError(f"{directory} is a file; give the name of a directory")
    card = directory / CARD
    if not card.is_file() or MARK not in card.read_text(encoding="utf-8", errors="replace"):
        raise SourceError(f"{directory} holds files that headcount did not write; give an empty or a new directory")
    for path in sorted(directory.iterdir()):
        if path.is_dir() or not any(fnmatch(path.name, pattern) for pattern in WRITTEN):
            raise SourceError(f"{path} was not written by headcount and would be lost; give an empty or a new directory")


def _write_tokenizer(tokenizer: Any, model_type: str, directory: Path) -> None:
    if tokenizer is None:
        return
    source = tokenizer.directory if isinstance(tokenizer, TextEncoder) else tokenizer
    if not isinstance(source, str | Path):
        source.save_pretrained(directory)
        return
    if not (Path(source) / "tokenizer.json").is_file():
        raise FileNotFoundError(f"{Path(source) / 'tokenizer.json'}: missing; give a model's tokenizer, or its directory")
    copy_tokenizer(Path(source), directory)
    _name_the_class(directory / "tokenizer_config.json", model_type)


def _name_the_class(path: Path, model_type: str) -> None:
    """Say which tokenizer it is, where that is left to the ``model_type``: a small model has one of its own."""
    from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES

    settings = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if "tokenizer_class" not in settings and (name := TOKENIZER_MAPPING_NAMES.get(model_type)):
        write_json(path, {**settings, "tokenizer_class": name})


def _give_normal_permissions(directory: Path) -> None:
    """Those of any new file: some libraries write theirs for this user alone."""
    mask = os.umask(0)
    os.umask(mask)
    for path in [directory, *directory.rglob("*")]:
        path.chmod((0o777 if path.is_dir() else 0o666) & ~mask)
