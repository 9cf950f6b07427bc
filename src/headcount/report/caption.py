"""The texts of one figure: what it draws, what is seen in it, and what its paper reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from headcount.figures import FIGURES
from headcount.report import findings
from headcount.report.verdicts import Claim


def _nothing(table: pd.DataFrame) -> Iterator[str]:
    return iter(())


@dataclass(frozen=True)
class Caption:
    """The texts of one figure.

    Args:
        name: as in ``headcount.figures.FIGURES``.
        drawn: what the picture draws, and how; the beginning of its alternative text.
        paper: what the paper reported.
        where: its section and figure; empty for what the paper does not have.
        says: sentences from the table behind the figure, which needs the columns ``needs``.
        claims: those that the figure bears on.
    """

    name: str
    drawn: str
    paper: str
    where: str = ""
    says: Callable[[pd.DataFrame], Iterator[str]] = _nothing
    needs: frozenset[str] = frozenset()
    claims: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return FIGURES[self.name].label

    @property
    def title(self) -> str:
        return FIGURES[self.name].title

    def seen(self, table: pd.DataFrame | None, claims: Sequence[Claim] = (), norm: str = "l1") -> list[str]:
        """What is seen: numbers from the table, where it is there and has its columns, and the verdicts."""
        readable = table is not None and len(table) and self.needs <= set(table.columns)
        sentences = self.says(findings.read_under(table, norm)) if readable and table is not None else ()
        return [*sentences, *findings.quoted(claims, self.claims)]
