"""The published facts of ``published.yaml``, and what a config's own files say instead."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from headcount.data.origins import EMBEDDED as EMBEDDED
from headcount.data.origins import ENCODERS
from headcount.families import check_supported
from headcount.planning.flops import Shape
from headcount.settings.files import ConfigError
from headcount.settings.models import Encoder

FILE = Path(__file__).with_name("published.yaml")


@cache
def facts() -> dict[str, Any]:
    """What ``published.yaml`` says."""
    content: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return content


def shape_of(name: str, encoder: Encoder) -> Shape | None:
    """The shape of an encoder of the config; ``None`` where only the Hub knows it.

    Raises:
        ConfigError: its directory has no configuration, or one that describes no encoder of that family that is supported.
    """
    if encoder.pretrain:
        given: dict[str, Any] = {"vocab_size": encoder.pretrain.vocabulary, **encoder.pretrain.shape}
    elif encoder.source in ENCODERS:
        given = _saved(_shipped(name, encoder), name)
    elif Path(str(encoder.source)).is_dir():
        given = _saved(Path(str(encoder.source)), name)
    else:
        published = [entry["shape"] for entry in facts()["models"] if encoder.source in entry["names"]]
        if not published:
            return None
        given = published[0]
    if (found := given.get("model_type", encoder.family)) != encoder.family:
        raise ConfigError(f"config: encoders.{name}.family: {encoder.source} is of family {found!r}; correct it or the source")
    try:
        described = {**given, "model_type": encoder.family}
        check_supported(described)
        return Shape.of(described)
    except ValueError as error:
        raise ConfigError(f"config: encoders.{name}: {error}") from None


def _shipped(name: str, encoder: Encoder) -> Path:
    try:
        return ENCODERS[str(encoder.source)].directory(encoder.family)
    except ValueError as error:
        raise ConfigError(f"config: encoders.{name}.source: {error}") from None


def _saved(directory: Path, name: str) -> dict[str, Any]:
    path = directory / "config.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"config: encoders.{name}.source: {path} cannot be read ({error}); give a saved model") from None
    if not isinstance(content, dict):
        raise ConfigError(f"config: encoders.{name}.source: {path} should hold a mapping; give a saved model")
    return content
