"""Markdown, as the generated pages are written in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from headcount.phrasing import number

if TYPE_CHECKING:
    import pandas as pd


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table; numbers as ``headcount.phrasing.number`` writes them."""
    lines = [_row(columns), _row(["---"] * len(columns)), *(_row(number(cell) for cell in row) for row in rows)]
    return "\n".join(lines)


def frame(content: pd.DataFrame) -> str:
    """A data frame as a table."""
    return table(list(content.columns), content.astype(object).to_numpy().tolist())


def bullets(items: Iterable[str]) -> str:
    """A list, an item a line."""
    return "\n".join(f"- {item}" for item in items)


def paragraphs(parts: Iterable[str]) -> str:
    """Headings, paragraphs, lists and tables, one after the other."""
    return "\n\n".join(parts)
