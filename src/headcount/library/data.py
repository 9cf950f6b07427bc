"""Labelled texts from wherever they are, with the model's own numbers for their labels; and how they are divided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from headcount.data.columns import numbers_by_name
from headcount.data.sampling import rank
from headcount.progress import log

if TYPE_CHECKING:
    from headcount.library.loading import Model

LEAST = 50
"""Fewer examples than this say nothing: one of them would be 2 % of the score."""
COLUMNS = ("text", "text_pair", "label")
NAMES = "labels"
"""Where a table of examples keeps the names of its labels, in the order of their numbers."""

Data = Any
"""A path, a ``pandas.DataFrame``, a ``datasets.Dataset``, or a sequence of ``(text, label)`` or ``(text, pair, label)``."""


def examples(
    data: Data, model: Model, text: str | Sequence[str] | None = None, label: str | None = None, what: str = "data"
) -> pd.DataFrame:
    """The examples as ``idx, text, text_pair, label``, each text (or pair) once, its label as the model numbers it.

    Args:
        text: the column of the texts, or the two of pairs; ``text`` (and ``text_pair``), or the only other one of strings, if
            nothing is given.
        label: the column of the labels; ``label`` if nothing is given.
        what: the data are called in errors.

    Raises:
        ValueError: a column is missing, a row has no label, or a label is none of the model's.
    """
    return numbered(read(data, text, label, what), model, what)


def numbered(rows: pd.DataFrame, model: Model, what: str = "data") -> pd.DataFrame:
    """The rows of ``read`` with the model's numbers for their labels, and ``idx`` before them.

    Raises:
        ValueError: a label is none of the model's.
    """
    found = rows.assign(label=_numbers(rows["label"], rows.attrs.get(NAMES), model, f"{what}: labels"))
    found.insert(0, "idx", np.arange(len(found)))
    return found


def read(data: Data, text: str | Sequence[str] | None = None, label: str | None = None, what: str = "data") -> pd.DataFrame:
    """The examples as ``text, text_pair, label``, each text (or pair) once, its label as it stands there.

    Args, errors:
        As ``examples``; of the labels nothing is known here, except that each row has one.
    """
    table, names = _table(data, label or "label", what)
    label = label or "label"
    texts = _text_columns(table, text, label, what) if label in table.columns else []
    if missing := [name for name in (*texts, label) if name not in table.columns]:
        raise ValueError(f"{what}: no column {missing[0]!r}; there are {', '.join(map(str, table.columns))}: say which it is")
    if table[label].isna().any():
        row = int(table[label].isna().to_numpy().argmax())
        raise ValueError(f"{what}: column {label!r}: row {row} has no label; give it one, or leave the row out")
    given = [table[name].fillna("").astype(str).to_numpy() for name in texts]
    pairs = given[1] if len(given) > 1 else np.full(len(table), None, object)
    found = pd.DataFrame({"text": given[0], "text_pair": pairs, "label": table[label].to_numpy()})
    once = found.drop_duplicates(["text", "text_pair"]).reset_index(drop=True)
    if repeated := len(found) - len(once):
        log.warning(f"{what}: {repeated} of {len(found)} rows repeat the text of one before; each text counts once")
    if names:
        once.attrs[NAMES] = list(names)
    return once


def _table(data: Data, label: str, what: str) -> tuple[pd.DataFrame, list[str] | None]:
    """The rows, and the names of the labels by their numbers, where the data say."""
    if isinstance(data, pd.DataFrame):
        return data, data.attrs.get(NAMES)
    if isinstance(data, (str, Path)):
        path = Path(data)
        if not path.is_file():
            raise ValueError(f"{what}: {path} is no file")
        return pd.read_csv(path), None
    if hasattr(data, "features") and hasattr(data, "to_pandas"):
        names = getattr(data.features.get(label), "names", None)
        return data.to_pandas(), names and list(names)
    if hasattr(data, "keys"):
        raise ValueError(f"{what}: several splits, {', '.join(map(str, data))}; give one of them")
    rows = list(data)
    if not rows or not all(isinstance(row, (tuple, list)) and len(row) in (2, 3) for row in rows):
        raise ValueError(f"{what}: give (text, label) for each example, or (text, pair, label)")
    width = len(rows[0])
    if any(len(row) != width for row in rows):
        raise ValueError(f"{what}: some rows have {width} parts and some others; give the same for each")
    return pd.DataFrame(rows, columns=[COLUMNS[0], *COLUMNS[3 - (width - 1) :]]), None


def _text_columns(table: pd.DataFrame, text: str | Sequence[str] | None, label: str, what: str) -> list[str]:
    if text is not None:
        named = [text] if isinstance(text, str) else list(text)
        if not 1 <= len(named) <= 2:
            raise ValueError(f"{what}: text: {len(named)} columns; give one, or the two of pairs")
        return named
    if "text" in table:
        return ["text", "text_pair"] if "text_pair" in table and table["text_pair"].notna().any() else ["text"]
    strings = [str(name) for name in table if name != label and pd.api.types.is_string_dtype(table[name].dropna())]
    if len(strings) != 1:
        raise ValueError(f"{what}: no column 'text'; there are {', '.join(map(str, table.columns))}: say which holds the texts")
    return strings


def _numbers(given: pd.Series, names: Sequence[str] | None, model: Model, where: str) -> np.ndarray:
    """The model's number of each label."""
    count = len(model.labels)
    if pd.api.types.is_numeric_dtype(given):
        numbers = given.to_numpy(np.float64)
        limit = len(names) if names else count
        if (outside := (numbers != np.floor(numbers)) | (numbers < 0) | (numbers >= limit)).any():
            row = int(outside.argmax())
            raise ValueError(
                f"{where}: row {row} has the label {given.iloc[row]}; allowed are 0 to {limit - 1},"
                f" the model's numbers for {', '.join(model.labels)}"
            )
        whole = numbers.astype(np.int64)
        if not (names and model.named):
            if names and len(names) != count:
                raise ValueError(f"{where}: {len(names)} labels ({', '.join(names)}) for a model with {count} outputs")
            return whole
        own = np.array(numbers_by_name(names, model.labels, where), np.int64)
        return own[whole]
    called = given.astype(str)
    distinct = sorted(called.unique())
    known = model.labels if model.named else tuple(f"LABEL_{i}" for i in range(count))
    try:
        number = dict(zip(distinct, numbers_by_name(distinct, known, where), strict=True))
    except ValueError:
        if model.named:
            raise
        raise ValueError(
            f"{where} has the labels {', '.join(distinct[:6])}, the model does not say what its {count} outputs mean;"
            " name them in their order: labels=[…] of load (--labels), or give their numbers in the data"
        ) from None
    return called.map(number).to_numpy(np.int64)


# ------------------------------------------------------------------------------------------------------------ divided


def key(row: Any) -> float:
    """A number that stands for an example's text; another text has another one."""
    return rank(0, f"{row.text}\0{row.text_pair}")


def keys(rows: pd.DataFrame) -> frozenset[float]:
    """Those of all examples."""
    return frozenset(map(key, rows.itertuples()))


def divided(rows: pd.DataFrame, shares: Sequence[float], seed: int) -> list[pd.DataFrame]:
    """The examples in parts of these shares, each with as much of every label; the same whatever order they come in."""
    ranks = [rank(seed, f"{row.text}\0{row.text_pair}") for row in rows.itertuples()]
    ordered = rows.assign(_rank=ranks).sort_values(["label", "_rank"])
    owed, part = np.zeros(len(shares)), np.empty(len(rows), np.int64)
    for place in range(len(rows)):
        owed += shares
        part[place] = owed.argmax()
        owed[part[place]] -= 1
    parts = [ordered[part == number].sort_values("_rank") for number in range(len(shares))]
    return [each.drop(columns="_rank").reset_index(drop=True) for each in parts]


def split(
    data: Data,
    shares: Sequence[float] = (0.5, 0.5),
    *,
    text: str | Sequence[str] | None = None,
    label: str | None = None,
    seed: int = 0,
) -> list[pd.DataFrame]:
    """One data set in parts of these shares that have no text in common, each with as much of every label.

    The same examples fall to the same part whatever order they come in; another ``seed`` divides them otherwise.

    Args, errors:
        As ``examples``; or the shares are not positive numbers that add up to 1.
    """
    if len(shares) < 2 or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
        raise ValueError(f"shares: {tuple(shares)}; allowed are two or more positive numbers that add up to 1")
    return divided(read(data, text, label), shares, seed)


def sampled(rows: pd.DataFrame, at_most: int, seed: int) -> pd.DataFrame:
    """``at_most`` so many examples, of every label as large a share."""
    if len(rows) <= at_most:
        return rows
    share = at_most / len(rows)
    return divided(rows, (share, 1 - share), seed)[0]


def without(rows: pd.DataFrame, seen: Iterable[float], what: str) -> pd.DataFrame:
    """The examples that were not seen before."""
    known = frozenset(seen)
    fresh = np.array([key(row) not in known for row in rows.itertuples()], bool)
    if lost := int((~fresh).sum()):
        log.warning(f"{what}: {lost} of {len(rows)} examples were used to rank the heads, and are left out here")
    return rows[fresh].reset_index(drop=True)


def check_enough(rows: pd.DataFrame, what: str) -> None:
    """See that there are enough examples to say anything, of more than one label.

    Raises:
        ValueError: there are not.
    """
    if len(rows) < LEAST:
        raise ValueError(f"{what}: {len(rows)} examples are too few to say anything; give at least {LEAST}")
    if rows["label"].nunique() < 2:
        raise ValueError(f"{what}: all examples have one label; give some of another too")
