"""Where models and data come from: a local directory, or a repository on the Hugging Face Hub in the same layout.

Nothing that a repository holds is run, and only files that are asked for by name are fetched. What was fetched stays in the
Hub's cache, so that ``HF_HUB_OFFLINE=1`` finds the same files again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from headcount.errors import SourceError

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["model", "dataset"]
CALLED: dict[Kind, str] = {"model": "model", "dataset": "data set"}
CARD = "README.md"
ROWS = 250

_HUB_NAME = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?")
_SHARD = re.compile(r"(.*-)(\d+)(-of-)(\d+)(\..*)")


@dataclass(frozen=True)
class Repository:
    """One state of a source, by the section of the config that names it (``key``).

    ``folder`` holds its files, of a repository on the Hub those fetched so far; ``commit`` is null for a local directory.
    """

    key: str
    source: str
    kind: Kind
    folder: Path
    commit: str | None

    @property
    def record(self) -> dict[str, str | None]:
        """What an artifact made from it keeps of its origin."""
        return {"source": self.source, "commit": self.commit}

    def __str__(self) -> str:
        return f"{self.source} at commit {self.commit}" if self.commit else f"{self.source}, a local directory"

    def fetch(self, *patterns: str) -> list[Path]:
        """The files whose paths within the repository match one of the patterns, in order of their names.

        Raises:
            SourceError: the Hub does not give them.
        """
        if self.commit is not None:
            _download(self.key, self.source, self.kind, self.commit, patterns)
        return sorted({path for pattern in patterns for path in self.folder.glob(pattern) if path.is_file()})

    def parquet(self, subset: str | None, split: str, layout: str) -> list[Path]:
        """The files of a split of a data set: as its card declares them, or those that match ``layout``.

        Raises:
            SourceError: there is none, it is in another format, or a shard is missing in the Hub's cache.
        """
        patterns = _declared(self.folder / CARD, subset or "default", split) or [layout]
        if other := [pattern for pattern in patterns if Path(pattern).suffix not in (".parquet", "")]:
            raise SourceError(f"{self.key}.source: {self.source!r} keeps {split} in {other[0]}; give a source in parquet files")
        found = [path for path in self.fetch(*patterns) if path.suffix == ".parquet"]
        if not found:
            raise SourceError(f"{self.key}.source: {self.source!r} has no file {patterns[0]}; give a source that has one")
        if self.commit is not None and (missing := _missing_shard(found)):
            where = missing.relative_to(self.folder)
            raise SourceError(f"{self.key}.source: the Hub's cache lacks {where} of {self.source!r}; run once with the network")
        return found


def model(key: str, source: str, revision: str | None) -> Repository:
    """The model that ``key`` names, with its configuration.

    Raises:
        SourceError: it cannot be found or fetched.
    """
    return _open(key, source, "model", revision, "config.json")


def data_set(key: str, source: str, revision: str | None) -> Repository:
    """The data set that ``key`` names, with its card if it has one.

    Raises:
        SourceError: it cannot be found or fetched.
    """
    return _open(key, source, "dataset", revision, CARD)


def _open(key: str, source: str, kind: Kind, revision: str | None, first: str) -> Repository:
    local = Path(source).expanduser()
    if local.is_dir():
        return Repository(key, source, kind, local, None)
    if not _HUB_NAME.fullmatch(source):
        raise SourceError(f"{key}.source: {source!r} is no directory; give one that exists, or a name on the Hub")
    folder = _download(key, source, kind, revision, (first,))
    return Repository(key, source, kind, folder, folder.name)


def _download(key: str, source: str, kind: Kind, revision: str | None, patterns: Sequence[str]) -> Path:
    """The folder of the Hub's cache that holds the files of that revision; its name is the commit."""
    from huggingface_hub import snapshot_download

    try:
        folder = snapshot_download(source, repo_type=kind, revision=revision, allow_patterns=list(patterns))
    except Exception as error:
        part, complaint = _complaint(error, f"{source!r}", kind, revision)
        raise SourceError(f"{key}.{part}: {complaint}") from error
    return Path(folder)


def _complaint(error: Exception, name: str, kind: Kind, revision: str | None) -> tuple[str, str]:
    """The key at fault, and what to say of a download that failed."""
    from huggingface_hub import errors
    from huggingface_hub.constants import HF_HUB_OFFLINE

    called = CALLED[kind]
    if isinstance(error, errors.GatedRepoError):
        return "source", f"{name} is gated; accept its terms on the Hub, then log in with `hf auth login`"
    if isinstance(error, (errors.RepositoryNotFoundError, errors.HFValidationError)):
        return "source", (
            f"{name} is no directory here and no {called} on the Hub that you may read;"
            " correct it, or log in with `hf auth login`"
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return "revision", f"{name} has no revision {revision!r} on the Hub; give one of its commits, tags or branches"
    if isinstance(error, errors.LocalEntryNotFoundError):
        at = f" at revision {revision!r}" if revision else ""
        why = "HF_HUB_OFFLINE is set" if HF_HUB_OFFLINE else "the Hub cannot be reached"
        return "source", (
            f"{name} is no directory here, the Hub's cache does not hold it{at}, and {why};"
            f" run once with the network, or give a local directory in the {called}'s layout"
        )
    first = next(iter(str(error).splitlines()), "")
    return "source", f"{name} was not fetched from the Hub ({type(error).__name__}: {first}); try again, or give a local copy"


def _missing_shard(files: Iterable[Path]) -> Path | None:
    """The first of the files called ``…-00003-of-00005.…`` that should stand beside those given, and does not."""
    for path in files:
        if match := _SHARD.fullmatch(path.name):
            stem, number, rest, count, suffix = match.groups()
            names = [f"{stem}{shard:0{len(number)}}{rest}{count}{suffix}" for shard in range(int(count))]
            for sibling in map(path.with_name, names):
                if not sibling.is_file():
                    return sibling
    return None


def _declared(card: Path, subset: str, split: str) -> list[str]:
    """Patterns of the files of a split, from the ``configs`` in the front matter of a data set's card."""
    import yaml

    text = card.read_text(encoding="utf-8") if card.is_file() else ""
    if not text.startswith("---\n"):
        return []
    try:
        header = yaml.safe_load(text.split("\n---", 1)[0])
    except yaml.YAMLError:
        return []
    configs = header.get("configs") if isinstance(header, dict) else None
    for config in configs or []:
        files = config.get("data_files")
        if config.get("config_name") == subset and isinstance(files, list):
            paths = [file["path"] for file in files if isinstance(file, dict) and file.get("split") == split]
            return [path for each in paths for path in ([each] if isinstance(each, str) else each)]
    return []


def batches(key: str, path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> Iterator[pa.RecordBatch]:
    """Those columns of a parquet file, ``ROWS`` rows at a time: at no moment is much more than that in memory.

    Raises:
        SourceError: the file cannot be read, or lacks one of ``columns``.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False)
        present = file.schema_arrow.names
        if missing := [name for name in columns if name not in present]:
            raise SourceError(
                f"{key}.source: column {missing[0]!r} is missing in {path}, which has {present};"
                f" give data with the columns {list(columns)}"
            )
        yield from file.iter_batches(ROWS, columns=[name for name in (*columns, *optional) if name in present])
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{key}.source: {path} cannot be read ({error}); fetch or write that file again") from error
