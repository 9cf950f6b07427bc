"""Quantities that are a model's own: counted, not sampled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from headcount.claims.evidence import Quantity, Weighted
from headcount.claims.statistics import TAIL, Estimate, meets
from headcount.claims.verdicts import PartVerdict
from headcount.phrasing import Write

COUNTED = "counted in the model itself: no seed or example enters, and there is no interval"


@dataclass(frozen=True, kw_only=True)
class Exact(Quantity):
    """A number that is read off one model, in which neither seed nor example plays a part.

    It has no interval, and its verdict rests on the number alone, or on what chance would give; that no direction is said from
    fewer than three seeds is a rule about numbers that vary with the seed. Of another pre-training it says nothing.

    Args:
        number: null where there is none.
        ends: between which the number lies, where it is known no better: above the lower, and at most the upper.
        by_chance: the probabilities with which chance gives as much or more, and as little or less, where the bar is what
            chance gives on average.
        files: what it was read off.
    """

    number: float | None
    ends: tuple[float, float] | None = None
    by_chance: tuple[float, float] | None = None
    files: frozenset[str] = frozenset()
    terms: tuple[Weighted, ...] = ()

    @cached_property
    def found(self) -> Estimate | None:
        return None if self.number is None else Estimate(self.number, seeds=0)

    @property
    def verdict(self) -> PartVerdict:
        """Supported, or contradicted, if the number lies where the bar wants it, or not, and chance gives that too seldom."""
        if self.number is None:
            return "not run"
        if self.by_chance is not None:
            more, less = self.by_chance
            return "supported" if more <= TAIL else "contradicted" if less <= TAIL else "inconclusive"
        low, high = self.ends or (self.number, self.number)
        where = {meets(low, self.bar), meets(high, self.bar)}
        return "inconclusive" if len(where) == 2 else "supported" if where == {True} else "contradicted"

    @property
    def sources(self) -> frozenset[str]:
        return self.files

    @property
    def note(self) -> str:
        return ". ".join(filter(None, [self.remark, COUNTED if self.found else ""]))

    def said(self, write: Write) -> str:
        if self.number is None:
            return f"{self.name} not measured".strip()
        return f"{self.name} {write(self.number)}{f' ({self.beside})' if self.beside else ''}".strip()

    def measured(self) -> dict[str, Any]:
        return {**super().measured(), "exact": True}
