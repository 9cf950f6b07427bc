"""The fingerprints of a workflow's scripts, kept from one run to the next for as long as no source file differs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from headcount.jobs.fingerprint import fingerprint
from headcount.store.files import write_json

AFFECTS_RESULTS = False


class Fingerprints:
    """``fingerprint`` with a memory in a file.

    Args:
        file: where they are kept; what cannot be read or written there is worked out again.
        sources: folders of all code that a script may reach.
    """

    def __init__(self, file: Path, sources: Sequence[Path]) -> None:
        self.file = file
        self.state = _digest(sources)
        self.known: dict[str, str] = {}
        with suppress(OSError, ValueError, KeyError, TypeError):
            kept = json.loads(file.read_text(encoding="utf-8"))
            self.known = dict(kept["fingerprints"]) if kept["state"] == self.state else {}
        self.new = False

    def of(self, script: Path, told: frozenset[str]) -> str:
        """The fingerprint of a script that is told these words."""
        key = " ".join([script.name, *sorted(told)])
        if key not in self.known:
            self.known[key] = fingerprint(script, told)
            self.new = True
        return self.known[key]

    def keep(self) -> None:
        """Write down what was worked out."""
        if self.new:
            with suppress(OSError):
                write_json(self.file, {"state": self.state, "fingerprints": self.known})


def _digest(sources: Sequence[Path]) -> str:
    """Of every source file, by its path and what it holds, and of the Python that reads them."""
    found = sha256(repr(sys.version_info[:2]).encode())
    for folder in sources:
        for path in sorted(folder.rglob("*.py")):
            found.update(repr((str(path.relative_to(folder)), sha256(path.read_bytes()).hexdigest())).encode())
    return found.hexdigest()
