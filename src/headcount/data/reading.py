"""Examples of any classification task, from files or from the Hub: read with ``datasets``, and checked.

CSV, TSV, JSON lines, Parquet and Arrow files; directories and data sets on the Hub in any layout that ``datasets`` knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from headcount.data import columns
from headcount.data.sampling import sample
from headcount.data.sources import CARD, Repository
from headcount.data.task_files import TRAIN, VALIDATION, Examples, kind
from headcount.data.tasks import Classification, Task, unfit
from headcount.errors import SourceError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

FEW = 10
"""So many different labels need not be held against the number of rows."""


@contextmanager
def opened(asked: Examples, repository: Repository) -> Iterator[Opened]:
    """The data set, ready to be read; what ``datasets`` writes on the way is gone after the block.

    Raises:
        SourceError: ``datasets`` finds nothing there that it can read.
    """
    files = asked.files()
    kinds = sorted({builder for path in files.values() for builder, _ in [kind(path) or ("", {})]})
    if len(kinds) > 1:
        raise SourceError(f"{asked.key}.source: the files are of several kinds, {' and '.join(kinds)}; give one kind")
    if repository.commit is not None:
        repository.fetch(CARD, "*")
    called = ", ".join(files.values()) or str(repository)
    with TemporaryDirectory(prefix="headcount-") as cache:
        try:
            found = _prepared(asked, files, repository.folder, cache)
        except Exception as error:  # datasets raises whatever its readers raise
            first = next(iter(str(error.__cause__ or error).splitlines()), "")
            raise SourceError(
                f"{asked.key}.source: {called} cannot be read ({type(error).__name__}: {first}); correct it,"
                " or give it in another format"
            ) from error
        yield Opened(asked, called, found)


def _prepared(asked: Examples, files: dict[str, str], folder: Path, cache: str) -> Any:
    """What ``datasets`` makes of them, by split; silent."""
    import datasets

    shown, told_of = datasets.is_progress_bar_enabled(), datasets.logging.get_verbosity()
    datasets.disable_progress_bars()
    datasets.logging.set_verbosity(datasets.logging.CRITICAL)
    try:
        if files:
            name, told = kind(next(iter(files.values()))) or ("", {})
            if name == "csv":  # it has no types: "NA", "null" and "007" are texts as they stand
                told = {**told, "converters": dict.fromkeys((*asked.text, asked.label), str)}
            builder = datasets.load_dataset_builder(name, data_files=files, cache_dir=cache, **told)
        elif asked.subset and (folder / asked.subset).is_dir():
            builder = datasets.load_dataset_builder(str(folder / asked.subset), cache_dir=cache)
        else:
            builder = datasets.load_dataset_builder(str(folder), name=asked.subset, cache_dir=cache)
        builder.download_and_prepare()
        return builder.as_dataset()
    finally:
        datasets.logging.set_verbosity(told_of)
        if shown:
            datasets.enable_progress_bars()


class Opened:
    """A data set that ``datasets`` has read."""

    def __init__(self, asked: Examples, called: str, found: Any) -> None:
        self.asked = asked
        self._found = found
        self._called = called

    @property
    def splits(self) -> list[str]:
        """Their names."""
        return [str(name) for name in self._found]

    def read(self, split: str, labels: Sequence[str] | None = None) -> tuple[pd.DataFrame, tuple[str, ...]]:
        """A split as ``idx, text, text_pair, label``, and the labels' names in the order of their numbers.

        Args:
            labels: what they are known to be, from another split.

        Raises:
            SourceError: there is no such split or column, no row, a text is none, or a label is missing or none of ``labels``.
        """
        import pandas as pd

        from headcount.data.splits import checked

        asked, several = self.asked, f"{split} of " if len(self.splits) > 1 else ""
        where = f"{asked.key}.source: {several}{self._called}"
        if split not in self._found:
            raise SourceError(f"{where} is not there; it has {', '.join(self.splits)}: name one of these")
        rows = self._found[split]
        if missing := [name for name in (*asked.text, asked.label) if name not in rows.column_names]:
            raise SourceError(f"{where} has no column {missing[0]!r}; it has {', '.join(rows.column_names)}")
        table = rows.with_format("arrow")[:]
        names, known = self._labels(rows.features[asked.label], table.column(asked.label), labels, where)
        texts = {name: columns.text(table.column(name), f"{where}: column {name!r}").to_pandas() for name in asked.text}
        found = Task(known, "accuracy", tuple(asked.text))
        return checked(pd.DataFrame({**texts, "label": names}), found, where), known

    def _labels(
        self, feature: Any, column: pa.ChunkedArray, known: Sequence[str] | None, where: str
    ) -> tuple[list[str], tuple[str, ...]]:
        """Each row's label by its name, and all names."""
        where = f"{where}: column {self.asked.label!r}"
        given = columns.label(column, where).to_pylist()
        if (row := next((row for row, label in enumerate(given) if label is None or label == ""), None)) is not None:
            raise SourceError(f"{where} has no label in row {row}; give one, or leave the row out")
        own: list[str] | None = getattr(feature, "names", None)
        if own is not None:
            if (outside := next((row for row, label in enumerate(given) if not 0 <= label < len(own)), None)) is not None:
                raise SourceError(f"{where} has the label {given[outside]} in row {outside}; allowed: 0 to {len(own) - 1}")
            names = [own[label] for label in given]
        else:
            names = [_name(label, f"{where}, row {row}") for row, label in enumerate(given)]
        wanted = known or self.asked.labels
        if wanted and own is None and not set(names) & set(wanted):
            numbered = {str(number): name for number, name in enumerate(wanted)}
            names = [numbered.get(name, name) for name in names]
        if wanted is None:
            wanted = own or _in_order(set(names))
            if len(wanted) > max(FEW, len(names) / 2):
                raise SourceError(
                    f"{where} holds {len(wanted)} different values in {len(names)} rows: it is no label; name a column of"
                    " classes (regression is not supported)"
                )
        return names, tuple(wanted)


def both_splits(
    found: Opened, train: str, validation: str | None, held_out: float, metric: str
) -> tuple[dict[str, pd.DataFrame], Classification]:
    """The examples to train on and those to score on, under ``train`` and ``validation``; and what they ask.

    Args:
        validation: the split of these; without a name, the split ``validation``, or of a data set with one split alone the
            share ``held_out`` of it: a seeded sample by the texts, so that none that stands twice is on both sides.

    Raises:
        SourceError: as ``Opened.read``; or no split is named and there are several others; or the metric is not of as many
            classes as there are labels.
    """
    rows, labels = found.read(train)
    if (fault := unfit(metric, labels)) is not None:
        raise SourceError(f"{found.asked.key}.metric: {fault}")
    named = validation or (VALIDATION if VALIDATION in found.splits else None)
    if named is not None:
        tables = {TRAIN: rows, VALIDATION: found.read(named, labels)[0]}
    elif len(found.splits) > 1:
        others = ", ".join(split for split in found.splits if split != train)
        raise SourceError(f"{found.asked.key}.validation: there is no split {VALIDATION!r}; allowed: {others}")
    else:
        texts = rows["text"] + "\n" + rows["text_pair"].fillna("")
        aside = texts.isin(texts.iloc[sample(0, texts.tolist(), held_out)])
        tables = {TRAIN: rows[~aside].reset_index(drop=True), VALIDATION: rows[aside].reset_index(drop=True)}
        if tables[TRAIN].empty:
            raise SourceError(f"{found.asked.key}.held_out: {held_out} of {len(rows)} examples leaves none to train on")
    return tables, Classification(labels, metric)


def read(
    source: str,
    *,
    text: Sequence[str],
    label: str = "label",
    labels: Sequence[str] | None = None,
    subset: str | None = None,
    split: str | None = None,
    revision: str | None = None,
    key: str = "data",
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """One split of a data set as ``idx, text, text_pair, label``, and the labels' names in the order of their numbers.

    Args:
        source: a file, a directory, or a name on the Hub.
        text: the one or two columns of text.
        labels: their names in order; without any, as the data name them.
        split: may be left out where there is one alone.
        key: how errors call the source.

    Raises:
        SourceError: it cannot be read so; the message says why, and what is allowed.
    """
    asked = Examples(key, source, text, label, labels, subset, revision)
    with opened(asked, asked.repository()) as found:
        if split is None and len(found.splits) > 1:
            raise SourceError(f"{key}: {source!r} has several splits; name one of {', '.join(found.splits)}")
        return found.read(split or found.splits[0])


def _name(label: object, where: str) -> str:
    """A label by its name: of a number, its digits.

    Raises:
        SourceError: it is a number with a fraction.
    """
    if isinstance(label, float):
        if not label.is_integer():
            raise SourceError(f"{where} holds {label}, no class; name a column of classes (regression is not supported)")
        label = int(label)
    return str(label).lower() if isinstance(label, bool) else str(label)


def _in_order(names: set[str]) -> list[str]:
    """Whole numbers by their size, other names by their letters."""
    whole = all(name.removeprefix("-").isdecimal() for name in names)
    return sorted(names, key=int) if whole else sorted(names)
