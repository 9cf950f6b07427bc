"""How the values of a column by which colours go are called, in legends and in captions."""

from __future__ import annotations

from collections.abc import Callable

from headcount.criteria import CRITERIA
from headcount.phrasing import norm_name, plain
from headcount.units import UNITS


def units_name(unit: str) -> str:
    """Several units: heads, layers."""
    return UNITS[unit].plural if unit in UNITS else f"{plain(unit)}s"


def criterion_name(criterion: str) -> str:
    return CRITERIA[criterion].title if criterion in CRITERIA else plain(criterion)


NAMES: dict[str, Callable[[str], str]] = {"unit": units_name, "criterion": criterion_name, "norm": norm_name}
