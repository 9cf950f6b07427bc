"""What Snakemake wrote down of each file that it had made: ``.snakemake/metadata``, one JSON file per output.

Read here and nowhere else. The layout is that of Snakemake 9 (``persistence/file.py`` there).
"""

from __future__ import annotations

import json
import re
import shlex
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

FOLDER = Path(".snakemake")
METADATA = FOLDER / "metadata"
INCOMPLETE = FOLDER / "incomplete"
LOCKS = FOLDER / "locks"

JOB = "$HEADCOUNT_JOB"
"""What stands before a script's name on a job's command line."""

_FINGERPRINT = re.compile(r"'([0-9a-f]{16}[\w -]*)'")


@dataclass(frozen=True)
class Record:
    """How one file was made; ``path`` is the file that Snakemake keeps it in."""

    output: str
    path: Path

    @cached_property
    def content(self) -> dict[str, Any]:
        """The record as it stands; empty if it was being written when the run was killed."""
        try:
            found = json.loads(self.path.read_text())
        except json.JSONDecodeError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def rule(self) -> str:
        return str(self.content["rule"])

    @property
    def command(self) -> str:
        """The shell command, the same for all that one job wrote."""
        return str(self.content.get("shellcmd") or "")

    @property
    def inputs(self) -> list[str]:
        return list(self.content.get("input") or [])

    @property
    def checksums(self) -> dict[str, str]:
        """``sha256:…`` of the inputs as they were read: of plain files up to a megabyte, and not of directories."""
        return dict(self.content.get("input_checksums") or {})

    @property
    def started(self) -> float | None:
        """Seconds since 1970."""
        found = self.content.get("starttime")
        return None if found is None else float(found)

    @property
    def seconds(self) -> float | None:
        if self.started is None or self.content.get("endtime") is None:
            return None
        return float(self.content["endtime"]) - self.started

    @property
    def code(self) -> str | None:
        """The fingerprint of the code that the job ran on."""
        matches = (_FINGERPRINT.fullmatch(param) for param in self.content.get("params") or [])
        return next((match[1] for match in matches if match), None)

    @property
    def script(self) -> str | None:
        """The script's file name."""
        words = self._words
        return f"{words[words.index(JOB) + 1]}.py" if JOB in words[:-1] else None

    @property
    def options(self) -> dict[str, Any]:
        """What the script was told on its command line, JSON read, inputs and outputs included."""
        found: dict[str, Any] = {}
        name = None
        for word in self._words:
            if word.startswith("--"):
                name = word[2:]
                found[name] = []
            elif name:
                found[name].append(_value(word))
        return {key: values[0] if len(values) == 1 else values for key, values in found.items()}

    @property
    def environment(self) -> str:
        """The environment file of the job's rule."""
        return urlsafe_b64decode(self.content.get("conda_env") or "").decode()

    @property
    def _words(self) -> list[str]:
        return shlex.split(self.command.rpartition(" > ")[0] or self.command)  # what follows is the log


def _value(word: str) -> Any:
    try:
        return json.loads(word)
    except json.JSONDecodeError:
        return word


def records(folder: Path = METADATA) -> Iterator[Record]:
    """Every record below a folder of Snakemake's, by the output that it is of; long names are cut into folders there."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        if path.is_file():
            name = "".join(part.removeprefix("@") for part in path.relative_to(folder).parts)
            try:
                yield Record(urlsafe_b64decode(name).decode(), path)
            except ValueError:  # no record: a note that Snakemake leaves there
                continue


def by_output() -> dict[str, Record]:
    """The record of each file of this folder that has one."""
    return {record.output: record for record in records()}


def incomplete() -> set[str]:
    """Outputs of jobs that run now, or that were running when Snakemake was killed."""
    return {record.output for record in records(INCOMPLETE)}


def locked() -> bool:
    """Whether Snakemake is at work here, or was killed and not unlocked since."""
    return any(LOCKS.iterdir()) if LOCKS.is_dir() else False
