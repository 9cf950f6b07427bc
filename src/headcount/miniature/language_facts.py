"""The embedded world's languages, described as those of the real one are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from headcount.data.languages import Facts, count_of
from headcount.miniature.languages import ENGLISH, LANGUAGES


def facts(codes: Iterable[str], articles: Mapping[str, int]) -> dict[str, Facts]:
    """The facts on some languages by their names in ``LANGUAGES``; each is a family of its own.

    Args:
        articles: how many of each the encoder was trained on.

    Raises:
        UnknownName: there is no such language; ValueError: ``articles`` lacks one.
    """
    found = {}
    for code in codes:
        language = LANGUAGES[code]
        name = "English" if language == ENGLISH else code.capitalize()
        morphology = "agglutinative" if language.agglutinative else "isolating"
        found[code] = Facts(name, name, language.order, morphology, count_of(code, articles))
    return found
