"""Directories that a job reads: each has its manifest beside it, and is read only if it is what the manifest says.

The workflow's engine knows that a directory is there, and no more: not whether a download stopped in its middle, a branch
was switched since, or someone edited a file in it.
"""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from headcount.store.manifests import differences, manifest_path

SHOWN = 3


def payload(text: str) -> Path:
    """The directory, or the file in one, that a script's option names, compared with the directory's manifest first.

    Raises:
        ArgumentTypeError: there is no manifest, or a file differs from it; the message names the files and the remedy.
    """
    path = Path(text)
    directory = path if path.is_dir() else path.parent
    try:
        manifest = json.loads(manifest_path(directory).read_text())
    except (OSError, json.JSONDecodeError):
        raise ArgumentTypeError(f"{directory} has no readable manifest beside it; delete it and run again") from None
    if wrong := differences(directory, manifest):
        more = [f"and {len(wrong) - SHOWN} more"] if len(wrong) > SHOWN else []
        raise ArgumentTypeError(
            f"{directory} is not what its manifest says: {'; '.join([*wrong[:SHOWN], *more])}. Get the published one"
            " (make pull), or delete it and run again"
        )
    return path


def files_of(directory: Path) -> Any:
    """The files of such a directory, as its manifest lists them: what goes into the manifest of whatever is made from it."""
    return json.loads(manifest_path(directory).read_text())["files"]


def origin_of(directory: Path) -> dict[str, Any]:
    """Where such a directory, a model that was fetched, came from, as its manifest says it: in words, and the commit."""
    manifest = json.loads(manifest_path(directory).read_text())
    return {"origin": manifest["origin"], "commit": manifest["commit"]}
