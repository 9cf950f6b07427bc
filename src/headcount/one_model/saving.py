"""A smaller model on disk: what may be replaced, what its card says, and any model for ONNX Runtime."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headcount.one_model.bars import quiet
from headcount.one_model.loading import UNNAMED
from headcount.one_model.smaller import FORMATS
from headcount.units.heads import KEPT

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from headcount.formats import Card
    from headcount.one_model.smaller import Format, Smaller


def check_free(directory: Path, overwrite: bool) -> None:
    """See that a model can be written to ``directory``.

    Raises:
        ValueError: something stands there that is not to be replaced.
    """
    from headcount.formats.saving import check_replaceable

    check_replaceable(directory)
    if directory.exists() and any(directory.iterdir()) and not overwrite:
        raise ValueError(f"{directory} exists; give another name, or say that it is to be replaced (overwrite, --force)")


def check_file(path: Path, overwrite: bool) -> None:
    """See that an ONNX file can be written to ``path``.

    Raises:
        ValueError: it stands there already, or no such file has such a name.
    """
    if path.suffix != ".onnx" or path.is_dir():
        raise ValueError(f"{path}: the name should be a file's, and end in .onnx")
    if path.exists() and not overwrite:
        raise ValueError(f"{path} exists; give another name, or say that it is to be replaced (--force)")


def check_format(name: str) -> None:
    """See that there is such a format.

    Raises:
        ValueError: there is none.
    """
    if name not in FORMATS:
        raise ValueError(f"format: {name!r}; allowed are {', '.join(FORMATS)}")


def save(smaller: Smaller, directory: Path, format: Format, overwrite: bool) -> None:
    """Write a smaller model with its tokenizer and its card."""
    from headcount import formats

    check_format(format)
    check_free(directory, overwrite)
    told: dict[str, Any] = {"kept": smaller.kept, "format": format, "card": card(smaller, format)}
    with quiet():
        formats.save(smaller.model, smaller.tokenizer, directory, **told)


def card(smaller: Smaller, format: Format) -> Card:
    """What is known of a smaller model: its speed too, where that was measured in the form that it is written in."""
    from headcount.formats import Card

    chosen, measured, speed = smaller.chosen, smaller.measured, smaller.measured_speed
    if format != "small":
        speed = None
    return Card(
        base_model=None if smaller.whole.name == UNNAMED else smaller.whole.name,
        task=smaller.title,
        data=smaller.data,
        chosen_on=f"{chosen.examples} examples, in an order that {smaller.importance.examples} others gave",
        measured_on=f"{measured.examples} examples that decided nothing",
        metric=smaller.task.metric_name,
        score_before=measured.whole,
        score_after=measured.smaller,
        keep=smaller.keep,
        speed_up=None if speed is None else speed.ratio,
        speed_measured=None if speed is None else speed.how,
    )


def export_onnx(source: str, path: Path) -> None:
    """Write a smaller model's directory, or any whole classifier, for ONNX Runtime.

    Raises:
        ValueError: as ``load``; or ONNX Runtime computes something else.
        ImportError: a library for it is missing.
    """
    from headcount.formats import onnx

    onnx.export(*_read(source), path)


def _read(source: str) -> tuple[PreTrainedModel, Any]:
    from headcount import formats
    from headcount.one_model.loading import load

    config = Path(source) / "config.json"
    if config.is_file() and KEPT in json.loads(config.read_text(encoding="utf-8")):
        from transformers.models.auto.tokenization_auto import AutoTokenizer

        return formats.load(Path(source)), AutoTokenizer.from_pretrained(source, trust_remote_code=False)
    found = load(source, device="cpu")
    return found.model, found.tokenizer
