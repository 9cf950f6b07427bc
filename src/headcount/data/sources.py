"""Where models and data come from: a local directory, or a repository on the Hugging Face Hub in the same layout.

Nothing that a repository holds is run, and only files that are asked for by name are fetched. What was fetched stays in the
Hub's cache, so that ``HF_HUB_OFFLINE=1`` finds the same files again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from headcount.data.dataset_cards import declared_files, declared_labels
from headcount.data.identity import identity
from headcount.data.shards import missing_shard, two_sets
from headcount.errors import SourceError
from headcount.progress import log

if TYPE_CHECKING:
    import pyarrow as pa

    from headcount.data.columns import Reader

Kind = Literal["model", "dataset"]
CALLED: dict[Kind, str] = {"model": "model", "dataset": "data set"}
CARD = "README.md"
NOT_LOCAL = "none"
"""In the place of a digest: a source whose files are told apart otherwise, by a commit or by a manifest."""
ROWS = 250

_HUB_NAME = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?")


@dataclass(frozen=True)
class Repository:
    """One state of a source, by the section of the config that names it (``key``), and the key in it (``entry``).

    ``folder`` holds its files, of a repository on the Hub those fetched so far; ``commit`` is null for a local directory.
    """

    key: str
    source: str
    kind: Kind
    folder: Path
    commit: str | None
    entry: str = "source"

    @property
    def where(self) -> str:
        """The whole key, for errors."""
        return f"{self.key}.{self.entry}"

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
            _download(self.where, self.source, self.kind, self.commit, patterns)
        return sorted({path for pattern in patterns for path in self.folder.glob(pattern) if path.is_file()})

    def patterns(self, subset: str | None, split: str, layout: str) -> list[str]:
        """Those that a split's files match: as the card declares them, or ``layout``."""
        return declared_files(self.folder / CARD, subset or "default", split) or [layout]

    def parquet(self, subset: str | None, split: str, layout: str) -> list[Path]:
        """The files of a split of a data set: as its card declares them, or those that match ``layout``.

        Raises:
            SourceError: there is none, it is in another format, a shard is missing, or shards of two sets are mixed.
        """
        where = f"{self.where}:"
        patterns = self.patterns(subset, split, layout)
        if other := [pattern for pattern in patterns if Path(pattern).suffix not in (".parquet", "")]:
            raise SourceError(f"{where} {self.source!r} keeps {split} in {other[0]}; give a source in parquet files")
        found = [path for path in self.fetch(*patterns) if path.suffix == ".parquet"]
        if not found:
            raise SourceError(f"{where} {self.source!r} has no file {patterns[0]}; give a source that has one")
        if missing := missing_shard(found):
            lacking = missing.relative_to(self.folder)
            if self.commit is not None:
                raise SourceError(f"{where} the Hub's cache lacks {lacking} of {self.source!r}; run once with the network")
            raise SourceError(
                f"{where} {self.source!r} lacks {lacking}, which the names of the files beside it count;"
                " fetch it too, or rename those files if they are meant to be all"
            )
        if two := two_sets(found):
            names = " and ".join(str(path.relative_to(self.folder)) for path in two)
            raise SourceError(f"{where} {self.source!r} has {names}, of two sets of shards; remove one set")
        return found

    def confirmed(self, patterns: Sequence[str], planned: str, seen: Path) -> dict[str, str]:
        """What an artifact made from these files keeps of their content.

        Args:
            planned: the digest (``headcount.data.identity``) that they had when the job was planned, or ``NOT_LOCAL``.
            seen: the file in which ``identity`` keeps what it has read.

        Raises:
            SourceError: they have another one now.
        """
        if planned == NOT_LOCAL:
            return {}
        if (found := identity(self.folder, seen, patterns)) != planned:
            raise SourceError(f"{self.where}: {self.source!r} has changed since this run began; run again")
        return {"content": found}

    def labels(self, subset: str, column: str) -> list[str] | None:
        """The names of a column's labels, in the order of their numbers, as its card declares them; null if it does not."""
        return declared_labels(self.folder / CARD, subset, column)


def model(key: str, source: str, revision: str | None, entry: str = "source") -> Repository:
    """The model that ``key`` names, with its configuration.

    Raises:
        SourceError: it cannot be found or fetched.
    """
    return _open(key, source, "model", revision, "config.json", entry)


def data_set(key: str, source: str, revision: str | None) -> Repository:
    """The data set that ``key`` names, with its card if it has one.

    Raises:
        SourceError: it cannot be found or fetched.
    """
    return _open(key, source, "dataset", revision, CARD)


def local(key: str, source: str, kind: Kind, entry: str = "source") -> Repository | None:
    """What ``key`` names, where that is a local directory; nothing where it is a name on the Hub.

    Raises:
        SourceError: it can be neither.
    """
    directory = Path(source).expanduser()
    if directory.is_dir():
        return Repository(key, source, kind, directory, None, entry)
    if not _HUB_NAME.fullmatch(source):
        raise SourceError(f"{key}.{entry}: {source!r} is no directory; give one that exists, or a name on the Hub")
    return None


def _open(key: str, source: str, kind: Kind, revision: str | None, first: str, entry: str = "source") -> Repository:
    if (here := local(key, source, kind, entry)) is not None:
        return here
    folder = _download(f"{key}.{entry}", source, kind, revision, (first,))
    return Repository(key, source, kind, folder, folder.name, entry)


def _download(where: str, source: str, kind: Kind, revision: str | None, patterns: Sequence[str]) -> Path:
    """The folder of the Hub's cache that holds the files of that revision; its name is the commit."""
    from huggingface_hub import snapshot_download

    try:
        folder = snapshot_download(source, repo_type=kind, revision=revision, allow_patterns=list(patterns))
    except Exception as error:
        of_revision, complaint = _complaint(error, f"{source!r}", kind, revision)
        key = f"{where.rpartition('.')[0]}.revision" if of_revision else where
        raise SourceError(f"{key}: {complaint}") from error
    return Path(folder)


def _complaint(error: Exception, name: str, kind: Kind, revision: str | None) -> tuple[bool, str]:
    """Whether the revision is at fault, and what to say of a download that failed."""
    from huggingface_hub import errors
    from huggingface_hub.constants import HF_HUB_OFFLINE

    called = CALLED[kind]
    if isinstance(error, errors.GatedRepoError):
        return False, f"{name} is gated; accept its terms on the Hub, then log in with `hf auth login`"
    if isinstance(error, (errors.RepositoryNotFoundError, errors.HFValidationError)):
        return False, (
            f"{name} is no directory here and no {called} on the Hub that you may read;"
            " correct it, or log in with `hf auth login`"
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return True, f"{name} has no revision {revision!r} on the Hub; give one of its commits, tags or branches"
    if isinstance(error, errors.LocalEntryNotFoundError):
        at = f" at revision {revision!r}" if revision else ""
        why = "HF_HUB_OFFLINE is set" if HF_HUB_OFFLINE else "the Hub cannot be reached"
        return False, (
            f"{name} is no directory here, the Hub's cache does not hold it{at}, and {why};"
            f" run once with the network, or give a local directory in the {called}'s layout"
        )
    first = next(iter(str(error).splitlines()), "")
    return False, f"{name} was not fetched from the Hub ({type(error).__name__}: {first}); try again, or give a local copy"


def batches(
    key: str, path: Path, columns: Mapping[str, Reader], optional: Mapping[str, Reader] | None = None
) -> Iterator[pa.RecordBatch]:
    """Those columns of a parquet file, ``ROWS`` rows at a time: at no moment is much more than that in memory.

    Each column is given as its reader makes it; the batches' schema keeps what ``datasets`` says of them.

    Raises:
        SourceError: the file cannot be read, lacks one of ``columns``, or a column is of another type.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False)
        schema = file.schema_arrow
        if missing := [name for name in columns if name not in schema.names]:
            raise SourceError(
                f"{key}.source: column {missing[0]!r} is missing in {path}, which has {schema.names};"
                f" give data with the columns {list(columns)}"
            )
        readers = {name: read for name, read in {**columns, **(optional or {})}.items() if name in schema.names}
        if twice := [name for name in readers if schema.names.count(name) > 1]:
            raise SourceError(f"{key}.source: column {twice[0]!r} stands twice in {path}; keep one")
        if not file.metadata.num_rows:
            log.warning(f"{path} holds no row")
        about = {name: value for name, value in (schema.metadata or {}).items() if name == b"huggingface"}
        row = 0
        for batch in file.iter_batches(ROWS, columns=list(readers)):
            where = {name: f"{key}.source: column {name!r} in {path}" for name in readers}
            made = {name: read(batch.column(name), where[name], row) for name, read in readers.items()}
            yield pa.RecordBatch.from_pydict(made, metadata=about or None)
            row += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{key}.source: {path} cannot be read ({error}); fetch or write that file again") from error
