"""What is known of languages: word order, morphology, and how much of each a multilingual encoder has read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from headcount.registry import Registry

FILE = Path(__file__).with_suffix(".yaml")
ORDERS = ("svo", "sov", "vso")
MORPHOLOGIES = ("isolating", "fusional", "agglutinative")


@dataclass(frozen=True)
class Facts:
    """A language.

    Args:
        family: by its usual name.
        order: of subject, verb and object.
        articles: in that language, in the corpus that an encoder was pre-trained on.

    Raises:
        ValueError: the order or the morphology is none of those known, or there is no article.
    """

    name: str
    family: str
    order: str
    morphology: str
    articles: int

    def __post_init__(self) -> None:
        for value, allowed in ((self.order, ORDERS), (self.morphology, MORPHOLOGIES)):
            if value not in allowed:
                raise ValueError(f"{self.name}: {value!r} is unknown: allowed are {', '.join(allowed)}")
        if self.articles < 1:
            raise ValueError(f"{self.name}: {self.articles} articles; at least one is needed, as their logarithm is taken")


@cache
def _known() -> Registry[Facts]:
    import yaml

    written = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return Registry("language", {code: Facts(**about) for code, about in written.items()})


def described() -> tuple[str, ...]:
    """The codes of all languages that ``languages.yaml`` has."""
    return tuple(_known())


def facts(codes: Iterable[str], articles: Mapping[str, int] | None = None) -> dict[str, Facts]:
    """The facts on some languages by their codes, as ``languages.yaml`` has them: all of XNLI's are there.

    Args:
        articles: how many an encoder has read of each, where it was trained on another corpus than Wikipedia.

    Raises:
        UnknownName: there is no such language; ValueError: ``articles`` lacks one.
    """
    found = {code: _known()[code] for code in codes}
    if articles is None:
        return found
    return {code: replace(about, articles=count_of(code, articles)) for code, about in found.items()}


def count_of(code: str, articles: Mapping[str, int]) -> int:
    """How many articles there are of a language.

    Raises:
        ValueError: that is not known.
    """
    if code not in articles:
        raise ValueError(f"the number of articles is not known of {code}, but of {', '.join(articles) or 'none'}")
    return articles[code]
