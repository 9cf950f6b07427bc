"""A table of the page: texts in cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Row = Sequence[str]


@dataclass(frozen=True)
class Grid:
    """A table: texts, the first of each row its heading; ``numeric`` columns are set flush right.

    ``breadth`` says how much room it needs: broad (beyond the text's column), middling or slim.
    """

    caption: str
    columns: Row
    rows: Sequence[Row]
    numeric: frozenset[int] = frozenset()
    total: Row = ()
    breadth: str = "middling"
