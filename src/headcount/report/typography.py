"""How numbers and lists are written on the page."""

from __future__ import annotations

import math
import re
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from headcount.phrasing import MINUS

MISSING = "–"


def number(value: Any, digits: int = 3) -> str:
    """A number with so many digits after the point, whole numbers without any; a dash where there is none.

    What would be rounded to 0 although it is not is written with two significant digits.
    """
    if pd.isna(value):
        return MISSING
    if isinstance(value, bool | str):
        return str(value)
    if float(value).is_integer() and not isinstance(value, float):
        return f"{int(value):,}".replace("-", MINUS)
    tiny = value != 0 and math.isfinite(value) and abs(value) < 0.5 * 10**-digits
    text = f"{value:.1e}" if tiny else f"{value:,.{digits}f}"
    return text.replace("-", MINUS)


def percent(share: float, digits: int = 0) -> str:
    """A share as a percentage."""
    text = f"{100 * share:.{digits}f}"
    return f"{'0' if text == '-0' else text}%".replace("-", MINUS)


def duration(seconds: float) -> str:
    """Seconds as a person says them: 42 s, 12 min, 3.4 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"


def counted(count: int, word: str, words: str | None = None) -> str:
    """``1 seed``, ``2 seeds``."""
    return f"{count:,} {word if count == 1 else words or word + 's'}"


def capital(text: str) -> str:
    """A text with a capital letter at its beginning, if it begins with a word: ``l1`` is a name, and stays."""
    return text[:1].upper() + text[1:] if text.partition(" ")[0].isalpha() else text


def typeset(value: Any) -> Any:
    """A text with typographic apostrophes; anything else, and what is markup already, as it is."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return re.sub(r"(?<=\w)'", "’", value)
    return value


def unbroken(text: str) -> Markup:
    """A text, escaped, whose hyphenated words stay on one line."""
    words = [
        Markup('<span class="keep">{}</span>').format(typeset(word)) if "-" in word else escape(typeset(word))
        for word in text.split(" ")
    ]
    return Markup(" ").join(words)


def code(text: str) -> Markup:
    """A text, escaped, in which backquotes mark code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if i % 2 else escape(typeset(part)) for i, part in enumerate(parts)
    )
