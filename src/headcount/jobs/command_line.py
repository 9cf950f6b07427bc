"""Command lines of the workflow's scripts: typed options, a log that a person can follow, errors in one line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from headcount.errors import SourceError
from headcount.progress import start_log

if TYPE_CHECKING:
    from pydantic import BaseModel

Model = TypeVar("Model", bound="BaseModel")


def run(main: Callable[[], None]) -> None:
    """Run a script; a source that cannot be used ends it with one line, for the person who can mend the config."""
    try:
        main()
    except SourceError as error:
        sys.exit(f"error: {error}")


def mapping(text: str) -> Any:
    """A JSON value as it is."""
    return json.loads(text)


def typed(*models: type[Model]) -> Callable[[str], Model]:
    """A converter: settings given as JSON, as the Pydantic model that they are, the first that they fit."""

    def convert(text: str) -> Model:
        from pydantic import ValidationError

        wrong: list[str] = []
        for model in models:
            try:
                return model.model_validate_json(text)
            except ValidationError as error:
                faults = [": ".join(filter(None, (".".join(map(str, each["loc"])), each["msg"]))) for each in error.errors()]
                wrong.append(f"{model.__name__}: {'; '.join(faults)}")
        raise argparse.ArgumentTypeError(" / ".join(wrong))

    return convert


def arguments(description: str | None, **options: Callable[[str], Any]) -> Any:
    """The command line's options, converted by the callable given for each; a ``Path`` list by ``paths`` or ``any_paths``.

    All but those of ``any_paths`` are required. ``@FILE`` stands for the arguments in a file, one on each line: a command
    line is limited, and a large study's lists are not (``headcount.jobs.argument_file``).
    """
    start_log()
    parser = argparse.ArgumentParser(description=description, fromfile_prefix_chars="@")
    for name, convert in options.items():
        kind: dict[str, Any] = {"required": True, "type": convert}
        if convert is paths:
            kind = {"required": True, "type": Path, "nargs": "+"}
        elif convert is any_paths:
            kind = {"default": [], "type": Path, "nargs": "*"}
        parser.add_argument(f"--{name.replace('_', '-')}", **kind)
    return parser.parse_args()


def paths(text: str) -> Any:
    """Marks an option that takes one or more paths."""
    raise AssertionError("argparse converts each path by itself")


def any_paths(text: str) -> Any:
    """Marks an option that takes any number of paths, and is an empty list where it is not given."""
    raise AssertionError("argparse converts each path by itself")


def recorded(args: Any, *names: str) -> dict[str, Any]:
    """What a job was told by these options, as its manifest keeps it: plain JSON."""
    found = {name: getattr(args, name) for name in names}
    return {name: value.model_dump(mode="json") if hasattr(value, "model_dump") else value for name, value in found.items()}
