"""Command lines of the workflow's scripts: typed options, a log that a person can follow, errors in one line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from headcount.errors import SourceError
from headcount.progress import start_log


def run(main: Callable[[], None]) -> None:
    """Run a script; a source that cannot be used ends it with one line, for the person who can mend the config."""
    try:
        main()
    except SourceError as error:
        sys.exit(f"error: {error}")


def settings(text: str) -> Any:
    """Settings that the workflow has validated, given as JSON: nested mappings become attributes."""
    return json.loads(text, object_hook=lambda mapping: SimpleNamespace(**mapping))


def mapping(text: str) -> Any:
    """A JSON value as it is."""
    return json.loads(text)


def arguments(description: str | None, **options: Callable[[str], Any]) -> Any:
    """The command line's options, each required, converted by the callable given for it; a ``Path`` list by ``paths``."""
    start_log()
    parser = argparse.ArgumentParser(description=description)
    for name, convert in options.items():
        many: dict[str, Any] = {"nargs": "+", "type": Path} if convert is paths else {"type": convert}
        parser.add_argument(f"--{name.replace('_', '-')}", required=True, **many)
    return parser.parse_args()


def paths(text: str) -> Any:
    """Marks an option that takes one or more paths."""
    raise AssertionError("argparse converts each path by itself")
