"""How measured values and lists are said in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Write = Callable[[float], str]
"""A value as text."""
MINUS = "−"


def _signed(text: str, sign: bool) -> str:
    """A proper minus sign, none before a zero; a plus sign where one is wanted."""
    zero = not text.strip("-0.")
    text = text.removeprefix("-") if zero else text
    return text.replace("-", MINUS) if text.startswith("-") or zero or not sign else f"+{text}"


def number(value: float, sign: bool = False) -> str:
    """Three digits after the point; what would be rounded to 0 although it is not, with two significant digits."""
    tiny = value != 0 and abs(value) < 0.0005
    return _signed(f"{value:.1e}" if tiny else f"{value:.3f}", sign).replace("e-", f"e{MINUS}")


def difference(value: float) -> str:
    """A number with its sign."""
    return number(value, sign=True)


def percent(share: float) -> str:
    """A share as a percentage with one digit after the point."""
    return _signed(f"{100 * share:.1f}", sign=False) + "%"


def points(share: float) -> str:
    """A difference of shares in percentage points, with its sign; one digit, wherever that is."""
    tiny = share != 0 and abs(share) < 0.0005
    return _signed(f"{100 * share:.1g}" if tiny else f"{100 * share:.1f}", sign=True).replace("e-", f"e{MINUS}")


def listed(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
