"""What is known of languages: word order, morphology, and how much of each a multilingual encoder has read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from headcount.registry import Registry

ORDERS = ("svo", "sov", "vso")
MORPHOLOGIES = ("isolating", "fusional", "agglutinative")


@dataclass(frozen=True)
class Facts:
    """A language's name, family, order of subject, verb and object, morphology, and articles in the pre-training corpus.

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
                raise ValueError(f"{self.name}: {value!r} should be one of {', '.join(allowed)}")
        if self.articles < 1:
            raise ValueError(f"{self.name}: {self.articles} articles, of which a logarithm is taken; leave the language out")


@cache
def _written() -> Registry[Facts]:
    import yaml

    found: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return Registry("language", {code: Facts(**about) for code, about in found.items()})


def facts(codes: Iterable[str], articles: Mapping[str, int] | None = None) -> dict[str, Facts]:
    """The facts on some of XNLI's languages, by their codes, as ``languages.yaml`` has them.

    Args:
        articles: of an encoder that has read another corpus: how many of each language.

    Raises:
        UnknownName: there is no such language.
    """
    known = _written()
    return {code: Facts(**{**asdict(known[code]), **_counted(code, articles)}) for code in codes}


def _counted(code: str, articles: Mapping[str, int] | None) -> dict[str, int]:
    return {} if articles is None else {"articles": articles[code]}
