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
from headcount.settings.study import Study

FILE = Path(__file__).with_name("published.yaml")


@cache
def facts() -> dict[str, Any]:
    """What ``published.yaml`` says."""
    content: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return content


def shape_in(study: Study, model: str) -> Shape | None:
    """The shape of an encoder that a study names, as ``shape_of`` has it."""
    return shape_of(model, study.encoders[model], study.seeds[0])


def shaped_as(encoder: Encoder, seed: int) -> tuple[str, Encoder] | None:
    """A model from elsewhere that has an encoder's shape, and the key below its own that names it; none if made from scratch.

    Where there is no pre-trained one that is a fine-tuned one, of ``seed`` where there are several.
    """
    if fetched := encoder.fetched:
        return encoder.fetched_by, fetched
    if encoder.pretrain or not encoder.finetuned:
        return None
    task, own = next(iter(encoder.finetuned.items()))
    source = own.of_seed(seed).source
    return f"finetuned.{task}.source", Encoder(family=encoder.family, source=source, revision=own.revision)


def shape_of(name: str, encoder: Encoder, seed: int = 1) -> Shape | None:
    """The shape of an encoder of the config; ``None`` where only the Hub knows it.

    Raises:
        ConfigError: its directory has no configuration, or one that describes no encoder of that family that is supported.
    """
    if (settings := settings_of(name, encoder, seed)) is None:
        return None
    try:
        check_supported(settings)
        return Shape.of(settings)
    except ValueError as error:
        raise ConfigError(f"config: encoders.{name}: {error}") from None


def settings_of(name: str, encoder: Encoder, seed: int = 1) -> dict[str, Any] | None:
    """What the ``config.json`` of an encoder says, its sizes at the least; ``None`` where only the Hub knows it.

    Raises:
        ConfigError: its directory has no configuration, or one of another family.
    """
    key, fetched = shaped_as(encoder, seed) or ("", None)
    where = f"encoders.{name}.{key}"
    if fetched is None:
        assert encoder.pretrain is not None, "it is made from scratch"
        given: dict[str, Any] = {"vocab_size": encoder.pretrain.vocabulary, **(encoder.pretrain.shape or {})}
    elif fetched.source in ENCODERS:
        given = _saved(_shipped(where, fetched), where)
    elif Path(str(fetched.source)).is_dir():
        given = _saved(Path(str(fetched.source)), where)
    else:
        published = [entry["shape"] for entry in facts()["models"] if fetched.source in entry["names"]]
        if not published:
            return None
        given = published[0]
    if (found := given.get("model_type", encoder.family)) != encoder.family:
        source = fetched and fetched.source
        raise ConfigError(f"config: encoders.{name}.family: {source} is of family {found!r}; correct it or the source")
    return {**given, "model_type": encoder.family}


def _shipped(where: str, encoder: Encoder) -> Path:
    try:
        return ENCODERS[str(encoder.source)].directory(encoder.family)
    except ValueError as error:
        raise ConfigError(f"config: {where}: {error}") from None


def _saved(directory: Path, where: str) -> dict[str, Any]:
    path = directory / "config.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"config: {where}: {path} cannot be read ({error}); give a saved model") from None
    if not isinstance(content, dict):
        raise ConfigError(f"config: {where}: {path} should hold a mapping; give a saved model")
    return content
