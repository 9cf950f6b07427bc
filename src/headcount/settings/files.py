"""Config files: read, laid over each other, and refused in one line."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Iterable
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
        ConfigError: as ``read`` and ``check_files``.
    """
    merged: dict[str, Any] = {}
    for path in paths:
        merged = _merged(merged, _parsed(path))
    return read(merged)


def check_files(paths: Iterable[Path | str]) -> None:
    """See that config files say what they seem to say; whoever has only what was read from them can no longer tell.

    Raises:
        ConfigError: one line that names the first file and line at fault: a key twice, a number that YAML takes for another
            one, a file that is not UTF-8, not YAML, or no mapping.
    """
    for path in paths:
        _parsed(Path(path))


def _merged(base: Any, other: Any) -> Any:
    """Key by key; an empty mapping changes nothing, not even what is null."""
    if not isinstance(other, dict):
        return other
    if not other:
        return base
    whole = base if isinstance(base, dict) else {}
    return {**whole, **{key: _merged(whole.get(key, {}), value) for key, value in other.items()}}


def _parsed(path: Path) -> dict[str, Any]:
    """A file's content: JSON where it is JSON, else YAML, as Snakemake takes it."""
    text = _text(path)
    try:
        settings = json.loads(text, object_pairs_hook=_each_once)
    except _Refused as refusal:
        _yaml(path, text.replace("\t", " "))  # to say in which lines
        raise ConfigError(f"config: {path} {refusal}") from None
    except ValueError:
        settings = _yaml(path, text)
    if not isinstance(settings, dict):
        raise ConfigError(f"config: {path} should be a mapping of keys to values; given: {reprlib.repr(settings)}")
    return settings


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A mapping in JSON, whose keys may stand once each."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _Refused(f"has the key {next(key for key in keys if keys.count(key) > 1)!r} twice; keep one")
    return found


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"config: {path} cannot be read ({error.strerror}); give a file that can") from None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(f"config: {path} is not UTF-8 in line {line}; save it in the encoding UTF-8") from None


def _yaml(path: Path, text: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)
    except _Refused as refusal:
        raise ConfigError(f"config: {path} {refusal}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f" in line {mark.line + 1}" if mark else ""
        what = ", ".join(filter(None, (error.context, error.problem)))
        if mark and mark.buffer and mark.buffer[mark.pointer : mark.pointer + 1] == "\t":
            raise ConfigError(f"config: {path} has a tab{line}, where YAML takes spaces alone; write spaces") from None
        raise ConfigError(f"config: {path} is not YAML{line}: {' '.join(what.split())}; correct it") from None
    except yaml.reader.ReaderError as error:
        line = f" in line {text.count(chr(10), 0, error.position) + 1}"
        raise ConfigError(f"config: {path} is not YAML{line}: {error.reason}; remove that character") from None
    except (
        ValueError,
        RecursionError,
    ) as error:  # a day that no month has, a number of thousands of digits, a mapping in itself
        raise ConfigError(f"config: {path} is not YAML: {' '.join(str(error).split())}; correct it") from None


class _Refused(Exception):
    """What YAML lets pass, and a config must not hold; the message goes on from the file's name."""


class _Loader(yaml.SafeLoader):
    """YAML without what changes silently: of a key given twice it keeps the last, and 010 is 8 to it, 1:30 is 90."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        lines: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                line, same = key.start_mark.line + 1, (key.tag, key.value)
                if same in lines:
                    raise _Refused(f"has the key {key.value!r} in line {lines[same]} and again in line {line}; keep one")
                lines[same] = line
        return node

    def compose_scalar_node(self, anchor: Any) -> yaml.ScalarNode:
        node: yaml.ScalarNode = super().compose_scalar_node(anchor)
        given, number = node.value, node.tag.rpartition(":")[2] in ("int", "float")
        digits = given.lstrip("+-").replace("_", "")
        octal = number and digits.isdecimal() and digits.startswith("0") and int(digits, 8) != int(digits)
        if node.style is None and number and (octal or ":" in given):
            meant = "without a leading 0" if octal else "without a colon"
            value = yaml.safe_load(given)
            raise _Refused(
                f"has {given} in line {node.start_mark.line + 1}, which YAML reads as {value};"
                f" write the number {meant}, or put it in quotes if it is a text"
            )
        return node
