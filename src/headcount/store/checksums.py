"""What the files that a job wrote held when it ended: a small file of checksums for each job, as ``make verify`` reads it.

``python checksums.py FOLDER FILE…`` notes the files of one job; ``FOLDER`` is where a study keeps such notes. Directories are
left out: each has its manifest, which is one of the files.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from hashlib import file_digest
from pathlib import Path

from headcount.store.files import write_json


def sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def note(folder: Path, files: Sequence[Path]) -> Path:
    """Write down what ``files``, all below the folder that ``folder`` is in, hold now; under the name of the first one."""
    study = folder.parent
    place = folder / files[0].relative_to(study).with_name(f"{files[0].name}.json")
    write_json(place, {path.relative_to(study).as_posix(): sha256(path) for path in files if path.is_file()})
    return place


def noted(folder: Path) -> dict[str, str]:
    """Every file that some job noted, by its path from the folder that ``folder`` is in, and its checksum then.

    Raises:
        ValueError: a note is none; with its path.
    """
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("[!.]*.json")):
        try:
            found |= json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, TypeError):
            raise ValueError(f"{path} is no list of checksums; delete it and run again") from None
    return found


if __name__ == "__main__":
    note(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
