"""Where the examples of a task of one's own are: files, a directory, or the Hub."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headcount.data import sources
from headcount.data.sources import CARD, Repository
from headcount.errors import SourceError

READERS: Mapping[str, tuple[str, dict[str, Any]]] = {
    ".csv": ("csv", {"keep_default_na": False}),
    ".tsv": ("csv", {"keep_default_na": False, "sep": "\t"}),
    ".json": ("json", {}),
    ".jsonl": ("json", {}),
    ".parquet": ("parquet", {}),
    ".arrow": ("arrow", {}),
}
"""By the end of a file's name: the builder of ``datasets``, and what it is told."""
TRAIN, VALIDATION = "train", "validation"


@dataclass(frozen=True)
class Examples:
    """Where a task's examples are.

    Args:
        key: the section of the config that describes the task, for errors.
        source: a file, a directory, or a name on the Hub; or files by split.
        text: the one or two columns of text.
        labels: their names in the order of their numbers; without any, as the data name them.
    """

    key: str
    source: str | Mapping[str, str]
    text: Sequence[str]
    label: str = "label"
    labels: Sequence[str] | None = None
    subset: str | None = None
    revision: str | None = None

    def files(self) -> dict[str, str]:
        """The files by split, where single files are named; nothing of a directory or a name on the Hub.

        Raises:
            SourceError: one is not there, or of a kind that is not read.
        """
        given = {TRAIN: self.source} if isinstance(self.source, str) else dict(self.source)
        if isinstance(self.source, str) and not Path(self.source).expanduser().is_file() and kind(self.source) is None:
            return {}
        for path in given.values():
            if not Path(path).expanduser().is_file():
                raise SourceError(f"{self.key}.source: there is no file {path!r}; correct the path")
            if kind(path) is None:
                raise SourceError(f"{self.key}.source: {path!r} is of no kind that is read; allowed: {', '.join(READERS)}")
        return {split: str(Path(path).expanduser()) for split, path in given.items()}

    def repository(self) -> Repository:
        """The directory with the files, fetched if it is on the Hub; of single files the one that holds them all.

        Raises:
            SourceError: it cannot be found or fetched.
        """
        return self.local() or sources.data_set(self.key, str(self.source), self.revision)

    def local(self) -> Repository | None:
        """The directory with the files; nothing where the source is a name on the Hub.

        Raises:
            SourceError: it can be neither.
        """
        if files := self.files():
            folders = [Path(path).resolve().parent for path in files.values()]
            common = Path(os.path.commonpath(folders))
            named = ", ".join(files.values())
            return Repository(self.key, named, "dataset", common, None)
        return sources.local(self.key, str(self.source), "dataset")

    def content(self, folder: Path) -> tuple[str, ...]:
        """Patterns, within the repository, of all files that the examples depend on."""
        if files := self.files():
            return tuple(str(Path(path).resolve().relative_to(folder)) for path in files.values())
        return (CARD, "**/*")


def kind(path: str) -> tuple[str, dict[str, Any]] | None:
    """The builder that reads a file of this name, and what it is told; a file may be compressed."""
    suffixes = [suffix for suffix in Path(path).suffixes if suffix not in (".gz", ".zst", ".bz2", ".xz")]
    return READERS.get(suffixes[-1]) if suffixes else None
