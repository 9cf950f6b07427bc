"""How measured values, counts, lists and names are said: in figures, verdicts, tables and on the page alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any

Write = Callable[[float], str]
"""A value as text."""
MINUS = "−"
MISSING = "–"
COUNTS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


# -------------------------------------------------------------------------------------------------------------- numbers


def _signed(text: str, sign: bool) -> str:
    """A proper minus sign, none before a zero; a plus sign where one is wanted."""
    zero = not text.strip("-0.,")
    text = text.removeprefix("-") if zero else text
    text = text if text.startswith("-") or zero or not sign else f"+{text}"
    return text.replace("-", MINUS)


def fixed(value: float, digits: int, sign: bool = False) -> str:
    """So many digits after the point, whatever is lost by it."""
    return _signed(f"{value:,.{digits}f}", sign)


def number(value: Any, digits: int = 3, sign: bool = False) -> str:
    """A number with so many digits after the point; a whole number without any; a dash where there is none.

    What would be rounded to 0 although it is not is written with two significant digits. Texts, yes and no stay as they are.
    """
    from pandas import isna

    if isna(value):
        return MISSING
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, Integral):
        return _signed(f"{int(value):,}", sign)
    tiny = value != 0 and math.isfinite(value) and abs(value) < 0.5 * 10**-digits
    return _signed(f"{value:.1e}", sign) if tiny else fixed(value, digits, sign)


def difference(value: float) -> str:
    """A number with its sign."""
    return number(value, sign=True)


def percent(share: float, digits: int = 1) -> str:
    """A share as a percentage."""
    return f"{fixed(100 * share, digits)}%"


def points(share: float) -> str:
    """A difference of shares in percentage points, with its sign; one digit, wherever that is."""
    tiny = share != 0 and abs(share) < 0.0005
    return _signed(f"{100 * share:.1g}", sign=True) if tiny else fixed(100 * share, 1, sign=True)


def spread(mean: Any, sd: Any) -> str:
    """A mean, with its standard deviation where there is one."""
    return number(mean) if number(sd) == MISSING else f"{number(mean)} ± {number(sd)}"


def duration(seconds: float) -> str:
    """Seconds as a person says them: 42 s, 12 min, 3.4 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"


# ----------------------------------------------------------------------------------------------- counts, lists and names


def counted(count: int, word: str, words: str | None = None) -> str:
    """``1 seed``, ``2 seeds``."""
    return f"{count:,} {word if count == 1 else words or word + 's'}"


def in_words(count: int) -> str:
    """A small count as a word."""
    return COUNTS[count] if count < len(COUNTS) else str(count)


def listed(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def plain(name: str) -> str:
    """A name of the code as one reads it: ``gate_gradient`` is gate gradient."""
    return name.replace("_", " ")


def norm_name(norm: str, noun: bool = True) -> str:
    """A norm of Eq. 4: l1 norm, or with its name alone l1; no norm."""
    return "no norm" if norm == "none" else f"{norm} norm" if noun else norm
