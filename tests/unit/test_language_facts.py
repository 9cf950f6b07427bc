"""Facts on languages: all that XNLI has are there, and the embedded world's are told in the same words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from headcount.data.languages import Facts, facts
from headcount.data.origins import EMBEDDED, LANGUAGE_FACTS, PUBLISHED, languages
from headcount.registry import UnknownName

XNLI = ["ar", "bg", "de", "el", "en", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh"]
ARTICLES = {"en": 1000, "luma": 500, "sori": 100, "tabek": 500, "kunde": 100}


def test_every_language_of_xnli_is_described() -> None:
    found = facts(XNLI)
    assert list(found) == XNLI
    assert max(found, key=lambda code: found[code].articles) == "en"
    assert min(found, key=lambda code: found[code].articles) == "sw"


@pytest.mark.parametrize(
    ("order", "morphology", "codes"),
    [
        ("svo", "isolating", {"th", "vi", "zh"}),
        ("svo", "agglutinative", {"sw"}),
        ("sov", "agglutinative", {"tr"}),
        ("sov", "fusional", {"hi", "ur"}),
        ("vso", "fusional", {"ar"}),
    ],
)
def test_order_and_morphology_are_told_apart(order: str, morphology: str, codes: set[str]) -> None:
    found = facts(XNLI)
    assert {code for code in XNLI if (found[code].order, found[code].morphology) == (order, morphology)} == codes


def test_an_encoder_of_another_corpus_brings_its_own_counts() -> None:
    found = facts(["en", "sw"], {"sw": 7, "en": 9, "de": 1})
    assert found == {"en": replace(facts(["en"])["en"], articles=9), "sw": replace(facts(["sw"])["sw"], articles=7)}
    with pytest.raises(ValueError, match="the number of articles is not known of sw, but of en"):
        facts(["en", "sw", "de"], {"en": 9})


def test_the_embedded_worlds_languages_cross_the_factors() -> None:
    found = LANGUAGE_FACTS[EMBEDDED](languages(), ARTICLES)
    assert {code: (about.order, about.morphology, about.articles) for code, about in found.items()} == {
        "en": ("svo", "isolating", 1000),
        "luma": ("svo", "isolating", 500),
        "sori": ("svo", "isolating", 100),
        "tabek": ("sov", "agglutinative", 500),
        "kunde": ("sov", "agglutinative", 100),
    }
    with pytest.raises(ValueError, match="the number of articles is not known of luma, but of none"):
        LANGUAGE_FACTS[EMBEDDED](["luma"], None)


@pytest.mark.parametrize("origin", [EMBEDDED, PUBLISHED])
def test_a_language_that_is_not_there_is_named(origin: str) -> None:
    with pytest.raises(UnknownName, match="language 'xx' is unknown: allowed are"):
        LANGUAGE_FACTS[origin](["en", "xx"], ARTICLES)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"order": "osv"}, "'osv' is unknown: allowed are svo, sov, vso"),
        ({"morphology": "polysynthetic"}, "'polysynthetic' is unknown: allowed are isolating, fusional, agglutinative"),
        ({"articles": 0}, "0 articles; at least one is needed"),
    ],
)
def test_facts_that_no_table_could_hold_are_refused(change: dict[str, object], message: str) -> None:
    known = Facts("English", "Indo-European", "svo", "fusional", 1000)
    with pytest.raises(ValueError, match=message):
        replace(known, **change)  # type: ignore[arg-type]
