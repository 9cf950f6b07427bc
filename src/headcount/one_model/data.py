"""Labelled texts from wherever they are, with the model's own numbers for their labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from headcount.data import columns, reading
from headcount.errors import SourceError
from headcount.progress import log

if TYPE_CHECKING:
    from headcount.one_model.loading import Model

HOW = "text=, label=; --text, --label"
TEXT, PAIR, LABEL = COLUMNS = ("text", "text_pair", "label")


@dataclass(frozen=True)
class Stored:
    """Examples in a file or directory, or on the Hub.

    Args:
        source: CSV, TSV, JSON lines, Parquet or Arrow; a directory, or a name on the Hub, in any layout ``datasets`` knows.
        subset, split, revision: of a data set that has several.
        labels: what they are called in the order of their numbers, where the data do not say.
    """

    source: str
    subset: str | None = None
    split: str | None = None
    revision: str | None = None
    labels: tuple[str, ...] | None = None

    def __str__(self) -> str:
        named = ", ".join(part for part in (self.subset, self.split) if part)
        return f"{self.source} ({named})" if named else self.source


Data = Any
"""A path or a name on the Hub (``str``, ``Path``, ``Stored``), a ``pandas.DataFrame``, a ``datasets.Dataset``, or a sequence of
``(text, label)`` or ``(text, pair, label)``."""


def examples(
    data: Data, model: Model, text: str | Sequence[str] | None = None, label: str | None = None, what: str = "data"
) -> pd.DataFrame:
    """The examples as ``idx, text, text_pair, label``, each text (or pair) once, its label as the model numbers it.

    Args:
        text: the column of the texts, or the two of pairs; ``text`` if nothing is given.
        label: the column of the labels; ``label`` if nothing is given.
        what: the data are called in errors.

    Raises:
        ValueError: they cannot be read, a column is missing, a row has no label, or a label is none of the model's.
    """
    return numbered(read(data, text, label, what), model, what)


def read(data: Data, text: str | Sequence[str] | None = None, label: str | None = None, what: str = "data") -> pd.DataFrame:
    """The examples as ``text, text_pair, label``, each text (or pair) once, its label by its name or its number.

    Args, errors:
        As ``examples``; of the labels nothing is known here, except that each row has one.
    """
    given = [text] if isinstance(text, str) else list(text or ())
    if len(given) > 2:
        raise ValueError(f"{what}: text: {len(given)} columns; give one, or the two of pairs")
    stored = Stored(str(data)) if isinstance(data, (str, Path)) else data
    if isinstance(stored, Stored):
        found = _from_storage(stored, given or [TEXT], label or LABEL, what)
    else:
        found = _from_memory(_table(stored, label or LABEL, what), given, label or LABEL, what)
    once = found.drop_duplicates([TEXT, PAIR]).reset_index(drop=True)
    if repeated := len(found) - len(once):
        log.warning(f"{what}: {repeated} of {len(found)} rows repeat the text of one before; each text counts once")
    return once


def _from_storage(stored: Stored, text: Sequence[str], label: str, what: str) -> pd.DataFrame:
    where: dict[str, Any] = {"subset": stored.subset, "split": stored.split, "revision": stored.revision}
    try:
        rows, names = reading.read(stored.source, text=text, label=label, key=what, **where)
    except SourceError as error:
        said = str(error).replace(f"{what}.source: ", f"{what}: ")
        hint = f": say which it is ({HOW})" if "has no column" in said else ""
        raise SourceError(said + hint) from error
    if stored.labels is not None:
        names = tuple(_named(name, stored.labels) for name in names)
    return rows[[TEXT, PAIR]].assign(label=[names[number] for number in rows[LABEL]])


def _named(label: str, labels: Sequence[str]) -> str:
    """A label by its name, which may stand there by its number."""
    by_number = label not in labels and label.isdecimal() and int(label) < len(labels)
    return labels[int(label)] if by_number else label


def _table(data: Data, label: str, what: str) -> pd.DataFrame:
    """What is in memory, as a table; labels that have names by these."""
    if isinstance(data, pd.DataFrame):
        return data
    if hasattr(data, "features") and hasattr(data, "to_pandas"):
        table: pd.DataFrame = data.to_pandas()
        names = getattr(data.features.get(label), "names", None)
        return table.assign(**{label: [names[number] for number in table[label]]}) if names else table
    if hasattr(data, "keys"):
        raise ValueError(f"{what}: several splits, {', '.join(map(str, data))}; give one of them")
    rows = list(data)
    if not rows or not all(isinstance(row, (tuple, list)) and len(row) == len(rows[0]) in (2, 3) for row in rows):
        raise ValueError(f"{what}: give (text, label) for each example, or (text, pair, label) for each")
    named = (TEXT, label) if len(rows[0]) == 2 else (TEXT, PAIR, label)
    return pd.DataFrame(rows, columns=list(named))


def _from_memory(table: pd.DataFrame, text: Sequence[str], label: str, what: str) -> pd.DataFrame:
    import pyarrow as pa

    pairs = PAIR in table and table[PAIR].notna().any()
    text = text or ([TEXT, PAIR] if pairs else [TEXT])
    if missing := [name for name in (*text, label) if name not in table.columns]:
        there = ", ".join(map(str, table.columns))
        raise ValueError(f"{what} has no column {missing[0]!r}; it has {there}: say which it is ({HOW})")
    if (none := table[label].isna().to_numpy()).any():
        raise ValueError(f"{what}: column {label!r} has no label in row {none.argmax()}; give one, or leave the row out")
    try:
        arrays = [pa.array(table[name], from_pandas=True) for name in text]
    except pa.ArrowException as error:
        raise ValueError(f"{what}: columns {', '.join(text)} hold values of several types ({error}); give texts") from None
    texts = [
        columns.text(array, f"{what}: column {name!r}").fill_null("").to_pylist()
        for name, array in zip(text, arrays, strict=True)
    ]
    second = texts[1] if len(texts) > 1 else np.full(len(table), None, object)
    return pd.DataFrame({TEXT: texts[0], PAIR: second, LABEL: table[label].to_numpy()})


def numbered(rows: pd.DataFrame, model: Model, what: str = "data") -> pd.DataFrame:
    """The rows of ``read`` with the model's numbers for their labels, and ``idx`` before them.

    Raises:
        ValueError: a label is none of the model's.
    """
    found = rows.assign(label=_numbers(rows[LABEL], model, f"{what}: labels"))
    found.insert(0, "idx", np.arange(len(found)))
    return found


def _numbers(given: pd.Series, model: Model, where: str) -> np.ndarray:
    """The model's number of each label: numbers are the model's own, names are matched with the model's."""
    count = len(model.labels)
    if pd.api.types.is_numeric_dtype(given):
        numbers = given.to_numpy(np.float64)
        if (outside := (numbers != np.floor(numbers)) | (numbers < 0) | (numbers >= count)).any():
            raise ValueError(
                f"{where}: there is a {given.iloc[int(outside.argmax())]}; allowed are 0 to {count - 1}, the model's numbers"
                f" for {', '.join(model.labels)}"
            )
        return numbers.astype(np.int64)
    called = given.astype(str)
    distinct = sorted(called.unique())
    try:
        number = dict(zip(distinct, columns.numbers_by_name(distinct, model.labels, where), strict=True))
    except ValueError:
        if model.named:
            raise
        raise ValueError(
            f"{where} are {', '.join(distinct[:6])}, and the model does not say what its {count} outputs mean;"
            " name them in their order (labels=[…] of load, --labels on the command line), or give numbers in the data"
        ) from None
    return called.map(number).to_numpy(np.int64)
