"""HTML typography of the page: apostrophes, unbroken words, code."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup, escape


def capital(text: str) -> str:
    """A text with a capital letter at its beginning, if it begins with a word: ``l1`` is a name, and stays."""
    return text[:1].upper() + text[1:] if text.partition(" ")[0].replace("-", "").isalpha() else text


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
