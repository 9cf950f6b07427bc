"""Files called ``…-00003-of-00005.…``: which should be there and are not, and which are of another set than the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_SHARD = re.compile(r"(.*-)(\d+)-of-(\d+)(\..*)")


@dataclass(frozen=True)
class _Set:
    """The files that are one table together."""

    folder: Path
    stem: str
    digits: int
    count: str
    suffix: str

    def file(self, number: int) -> Path:
        return self.folder / f"{self.stem}{number:0{self.digits}}-of-{self.count}{self.suffix}"

    @property
    def files(self) -> list[Path]:
        """Counted from 0, or from 1 where one has the highest number."""
        first = 1 if self.file(int(self.count)).is_file() else 0
        return [self.file(number) for number in range(first, first + int(self.count))]


def _sets(files: Iterable[Path]) -> list[_Set]:
    found: dict[_Set, None] = {}
    for path in files:
        if match := _SHARD.fullmatch(path.name):
            stem, number, count, suffix = match.groups()
            found[_Set(path.parent, stem, len(number), count, suffix)] = None
    return list(found)


def missing_shard(files: Iterable[Path]) -> Path | None:
    """The first of the files that should stand beside those given, by their names, and does not."""
    return next((path for each in _sets(files) for path in each.files if not path.is_file()), None)


def two_sets(files: Iterable[Path]) -> tuple[Path, Path] | None:
    """A file each of two sets for one and the same table (``-of-00002`` beside ``-of-00005``): its rows would count twice."""
    first: dict[tuple[Path, str, str], _Set] = {}
    for each in _sets(files):
        other = first.setdefault((each.folder, each.stem, each.suffix), each)
        if other != each:
            return other.files[0], each.files[0]
    return None
