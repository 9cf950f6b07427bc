"""A smaller model on disk: written whole or not at all, and never over anything but a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from headcount.library.smaller import FORMATS
from headcount.store.files import replacing

if TYPE_CHECKING:
    from headcount.library.smaller import Format, Smaller


def check_free(directory: Path, overwrite: bool) -> None:
    """See that a model can be written to ``directory``.

    Raises:
        ValueError: something stands there that is not to be replaced.
    """
    if not directory.exists() or (directory.is_dir() and not any(directory.iterdir())):
        return
    if not overwrite:
        raise ValueError(f"{directory} exists; give another name, or say that it is to be replaced (overwrite, --force)")
    if not (directory / "config.json").is_file():
        raise ValueError(f"{directory} exists and holds no model; it is not replaced: give another name")


def check_format(name: str) -> None:
    """See that there is such a format.

    Raises:
        ValueError: there is none.
    """
    if name not in FORMATS:
        raise ValueError(f"format: {name!r}; allowed are {', '.join(FORMATS)}")


def save(smaller: Smaller, directory: Path, format: Format, overwrite: bool) -> None:
    """Write a smaller model with its tokenizer."""
    check_format(format)
    check_free(directory, overwrite)
    with replacing(directory) as temporary:
        temporary.mkdir()
        _write(smaller, temporary, format)


def _write(smaller: Smaller, directory: Path, format: Format) -> None:
    from headcount.units import pruned_models
    from headcount.units.heads import Heads

    heads = Heads(smaller.model)
    heads.kept = smaller.kept
    pruned_models.save(smaller.model, heads, directory)
    smaller.tokenizer.save_pretrained(directory)
