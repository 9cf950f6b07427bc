"""Manifests: what lies in a large directory, beside it, and what it was made of."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from headcount.store.checksums import sha256
from headcount.store.files import replacing, write_json
from headcount.store.hardware import hardware

NOT_PAYLOAD = {".snakemake_timestamp"}
"""Files that the workflow engine leaves in the directories that it knows."""
LIBRARIES = ("headcount", "torch", "transformers", "tokenizers", "huggingface_hub", "numpy", "pandas", "pyarrow")


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries whose numbers an artifact may depend on."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def manifest_path(directory: Path) -> Path:
    """The manifest beside a directory: ``<dir>.json``."""
    return directory.with_name(directory.name + ".json")


def checksums(directory: Path) -> dict[str, dict[str, Any]]:
    """``sha256`` and ``size`` in bytes of every file below a directory, by its path within."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(p for p in directory.rglob("*") if p.is_file() and p.name not in NOT_PAYLOAD):
        found[path.relative_to(directory).as_posix()] = {"sha256": sha256(path), "size": path.stat().st_size}
    return found


def write_directory(directory: Path, fill: Callable[[Path], None], made_by: dict[str, Any], started: float) -> None:
    """Have ``fill`` write a directory, then put it and its manifest in place.

    Args:
        made_by: the settings, device, inputs and results that belong to the record.
        started: ``time.monotonic()`` when the work began; the manifest keeps the seconds since.
    """
    with replacing(directory) as temporary:
        temporary.mkdir()
        fill(temporary)
        content = {
            **made_by,
            **hardware(),
            "seconds": round(time.monotonic() - started, 1),
            "versions": versions(),
            "files": checksums(temporary),
        }
    write_json(manifest_path(directory), content)


def differences(directory: Path, manifest: dict[str, Any]) -> list[str]:
    """The files of a directory that are not what its manifest says, each with what is wrong with it."""
    found, expected = checksums(directory), manifest["files"]
    complaints = [f"{name}: missing" for name in sorted(expected.keys() - found.keys())]
    complaints += [f"{name}: not in the manifest" for name in sorted(found.keys() - expected.keys())]
    complaints += [
        f"{name}: sha256 differs from the manifest's"
        for name in sorted(found.keys() & expected.keys())
        if found[name] != expected[name]
    ]
    return complaints
