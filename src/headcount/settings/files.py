"""Config files: read, laid over each other, and refused in one line."""

from __future__ import annotations

import reprlib
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from headcount.settings.study import Study
from headcount.settings.values import first_fault


class ConfigError(ValueError):
    """A config that is refused; the message names the key and what is allowed, in one line."""


def read(settings: dict[str, Any]) -> Study:
    """The study that ``settings`` (a parsed config file) describes.

    Raises:
        ConfigError: one line that names the first key at fault, and what it may be.
    """
    try:
        return Study.model_validate(settings)
    except ValidationError as error:
        path, fault = first_fault(error)
        raise ConfigError(": ".join(filter(None, ["config", ".".join(path), fault]))) from None


def load(*paths: Path) -> Study:
    """The study in one or more YAML files, later ones merged over earlier ones as Snakemake does.

    Raises:
        ConfigError: as ``read``; or a file is not a YAML mapping.
    """
    merged: dict[str, Any] = {}
    for path in paths:
        try:
            settings = yaml.safe_load(path.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            raise ConfigError(f"config: {path} is not YAML: {' '.join(str(error).split())}") from None
        if not isinstance(settings, dict):
            raise ConfigError(f"config: {path} should be a mapping of keys to values; given: {reprlib.repr(settings)}")
        merged = _merged(merged, settings)
    return read(merged)


def _merged(base: Any, other: Any) -> Any:
    if not (isinstance(base, dict) and isinstance(other, dict)):
        return other
    return {**base, **{key: _merged(base.get(key), value) for key, value in other.items()}}
