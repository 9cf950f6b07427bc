"""Columns by their Arrow type: the one place that says what may be read as text, as a name, or as a label."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from headcount.errors import SourceError

if TYPE_CHECKING:
    import pyarrow as pa

    Reader = Callable[[pa.Array, str, int], pa.Array]
    """Turns a column (where it is, for errors; number of its first row) into one of a single type, nulls kept."""


def text(column: pa.Array, where: str, first_row: int = 0) -> pa.Array:
    """A column as strings: bytes are taken for UTF-8, a dictionary for the values that it stands for.

    Raises:
        SourceError: it is of a type that holds no text (null, list, struct, number, …), or a row is not UTF-8.
    """
    import pyarrow as pa

    plain = _plain(column)
    if not _is_text(plain.type):
        raise SourceError(f"{where} is of type {_called(plain.type)}; give it as text: strings, or bytes in UTF-8")
    try:
        return plain.cast(pa.large_binary()).cast(pa.large_string()).cast(pa.string())
    except pa.ArrowInvalid:
        row = first_row + _first_not_utf8(plain.cast(pa.large_binary()))
        raise SourceError(f"{where} is not UTF-8 in row {row}; write that text again in UTF-8, or leave the row out") from None


def remark(column: pa.Array, where: str, first_row: int = 0) -> pa.Array:
    """``text``, of a column that nothing depends on: it may also be null throughout."""
    import pyarrow as pa

    return column.cast(pa.string()) if pa.types.is_null(column.type) else text(column, where, first_row)


def name(column: pa.Array, where: str, first_row: int = 0) -> pa.Array:
    """A column that names its rows, as strings: of texts or of whole numbers.

    Raises:
        SourceError: it is of another type, or a row has no name.
    """
    import pyarrow as pa

    plain = _plain(column)
    found = plain.cast(pa.string()) if pa.types.is_integer(plain.type) else text(plain, where, first_row)
    if found.null_count:
        row = first_row + found.is_null().to_pylist().index(True)
        raise SourceError(f"{where} is null in row {row}; name every row, or leave that one out")
    return found


def label(column: pa.Array, where: str, first_row: int = 0) -> pa.Array:
    """A column of labels, by number or by name, as it is.

    Raises:
        SourceError: it holds neither numbers nor names.
    """
    import pyarrow as pa

    plain = _plain(column)
    if _is_text(plain.type):
        return text(plain, where, first_row)
    if not (pa.types.is_integer(plain.type) or pa.types.is_floating(plain.type) or pa.types.is_boolean(plain.type)):
        raise SourceError(f"{where} is of type {_called(plain.type)}; give labels by their numbers or names")
    return plain


def unchanged(column: pa.Array, where: str, first_row: int = 0) -> pa.Array:
    """A column as it is, a dictionary as the values that it stands for."""
    return _plain(column)


def numbers_by_name(names: Sequence[str], labels: Sequence[str], where: str) -> list[int]:
    """For each of a file's own label names, in the order of its numbers, the number that the task gives that label.

    A name that is a whole number means that number. Upper case, spaces and hyphens make no other name.

    Raises:
        SourceError: a name is none of the task's, or two mean the same label.
    """
    number = {_normal(known): i for i, known in enumerate(labels)} | {str(i): i for i in range(len(labels))}
    for given in names:
        if _normal(given) not in number:
            raise SourceError(
                f"{where} names a label {given!r}, allowed are {', '.join(labels)};"
                " name the labels so, or leave the names and other rows out"
            )
    found = [number[_normal(given)] for given in names]
    if len(set(found)) < len(found):
        raise SourceError(f"{where} names one label twice: {', '.join(names)}; allowed are {', '.join(labels)}, each once")
    return found


def _normal(label_name: str) -> str:
    return label_name.strip().casefold().replace(" ", "_").replace("-", "_")


def _plain(column: pa.Array) -> pa.Array:
    """Without a dictionary, and in one piece."""
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if isinstance(column, pa.ChunkedArray):  # pyarrow gives no chunk, or too large ones, back as they were
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _is_text(kind: pa.DataType) -> bool:
    from pyarrow import types

    tests = (types.is_string, types.is_large_string, types.is_string_view)
    return any(test(kind) for test in (*tests, types.is_binary, types.is_large_binary, types.is_binary_view))


def _called(kind: pa.DataType) -> str:
    import pyarrow as pa

    return "null (no row has a value)" if pa.types.is_null(kind) else str(kind)


def _first_not_utf8(column: pa.Array) -> int:
    for row, content in enumerate(column.to_pylist()):
        try:
            (content or b"").decode()
        except UnicodeDecodeError:
            return row
    raise AssertionError("Arrow found bytes that are not UTF-8, Python none")
