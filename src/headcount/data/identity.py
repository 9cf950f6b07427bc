"""What a local source is by its content, told without reading again what has not changed since.

A cache file keeps the sha256 of each file with its size, its times and its inode; content is read only where one of them is
another. A file whose content changed while all four stayed is missed: that takes a clock set back, or a write within the
same tick of the file system's clock, for which reason what changed in the last ``FRESH`` seconds is never remembered.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from headcount.errors import SourceError
from headcount.progress import log
from headcount.store.checksums import sha256 as file_sha256
from headcount.store.files import replacing

FRESH = 2.0
"""Seconds; no file system that is in use counts time in longer steps."""
READERS = 4
"""Files that are read at once: hashing waits for disks, and lets go of Python meanwhile."""

_WRITING = Lock()


class _Known(NamedTuple):
    """A file as it was when it was read; times in nanoseconds."""

    size: int
    changed: int
    status_changed: int
    inode: int
    sha256: str


def identity(path: Path, cache: Path, patterns: Sequence[str] = ()) -> str:
    """A digest over the names within ``path`` and the contents of its files: the same wherever they lie.

    Hidden files and folders do not count. Links are followed. Of a single file, its name and content count.

    Args:
        cache: a JSON file that is made, and grows with the files that it was asked about; any number of processes may use it.
        patterns: of the files that count, as ``Path.glob`` has them; without any, all do.

    Raises:
        SourceError: there is no such file, or one cannot be read.
    """
    files = dict(_files(path, patterns))
    if not files:
        raise SourceError(f"{path}: no file {' or '.join(patterns) or 'at all'} there; correct the path")
    known = _read(cache)
    try:
        with ThreadPoolExecutor(READERS) as pool:
            found = dict(zip(files, pool.map(lambda file: _content(file, known), files.values()), strict=True))
    except OSError as error:
        raise SourceError(f"{error.filename or path} cannot be read ({error.strerror}); give files that can") from error
    if new := {key: entry for key, entry in found.values() if known.get(key) != entry}:
        _remember(cache, new)
    digest = sha256()
    for name in sorted(found):
        digest.update(f"{name}\0{found[name][1].sha256}\n".encode())
    return digest.hexdigest()


def _files(path: Path, patterns: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """The files that count, by their names within ``path``."""
    if path.is_file():
        yield path.name, path
        return
    for file in _matching(path, patterns) if patterns else _below(path):
        inside = file.relative_to(path)
        if file.is_file() and not any(part.startswith(".") for part in inside.parts):
            yield inside.as_posix(), file


def _matching(path: Path, patterns: Iterable[str]) -> Iterator[Path]:
    for pattern in patterns:
        yield from path.glob(pattern)


def _below(path: Path) -> Iterator[Path]:
    """Every file below a folder, through links; no folder is entered from within itself."""
    for folder, folders, names in os.walk(path, followlinks=True):
        here = Path(folder)
        above = {here.resolve(), *here.resolve().parents}
        folders[:] = [name for name in folders if not name.startswith(".") and (here / name).resolve() not in above]
        yield from (here / name for name in names)


def _content(path: Path, known: dict[str, _Known]) -> tuple[str, _Known]:
    """A file's place, and what it is now: as it is known, or read."""
    place = str(path.resolve())
    while True:
        state = _state(path)
        if (entry := known.get(place)) is not None and entry[:-1] == state:
            return place, entry
        digest = file_sha256(path)
        if _state(path) == state:  # else it was being written
            return place, _Known(*state, digest)


def _state(path: Path) -> tuple[int, int, int, int]:
    about = path.stat()
    return about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino


def _read(cache: Path) -> dict[str, _Known]:
    """What is remembered; nothing where the file is missing, or is not one that ``_remember`` wrote."""
    try:
        content = json.loads(cache.read_text(encoding="utf-8"))
        return {place: _Known(*entry) for place, entry in content.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _remember(cache: Path, new: dict[str, _Known]) -> None:
    """Add to the cache file; what another process adds at the same moment may be lost, and is then read once more."""
    before = (time.time() - FRESH) * 1e9
    lasting = {place: entry for place, entry in new.items() if max(entry.changed, entry.status_changed) < before}
    if not lasting:
        return
    try:
        with _WRITING, replacing(cache) as temporary:
            temporary.write_text(json.dumps({**_read(cache), **lasting}), encoding="utf-8")
    except OSError as error:
        log.warning(f"{cache} cannot be written ({error.strerror}): unchanged files will be read again")
