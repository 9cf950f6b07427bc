"""The languages beside English: what is said can be read back, words are taken apart in one way, test sets are parallel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from hashlib import sha256
from itertools import combinations, pairwise, product
from math import sqrt
from pathlib import Path
from random import Random
from typing import Any

import pytest
from world_models import verdict
from world_parser import parses

from headcount.miniature.articles import FACTS, QUESTIONS, article, articles
from headcount.miniature.dictionary import CONTENT, ENGLISH_WORDS
from headcount.miniature.drawing import draw_clause
from headcount.miniature.grammar import Clause, NounPhrase, question, statement, text
from headcount.miniature.languages import ENGLISH, LANGUAGES, Language, ask, connective, constructions, gloss, page, read, say
from headcount.miniature.lexicon import CONNECTIVES
from headcount.miniature.morphology import Analysis, Vocabulary, vocabulary
from headcount.miniature.parallel import parallel
from headcount.miniature.relations import contradicted, entailed, restate, unrelated
from headcount.miniature.tasks import ACCEPTABLE, PREMISES, SPLITS, examples

SEED = 0
OTHERS = [language for language in LANGUAGES.values() if language != ENGLISH]
SHARES = {"en": 1.0, "luma": 0.5, "sori": 0.1, "tabek": 0.5, "kunde": 0.1}

other_languages = pytest.mark.parametrize("language", OTHERS, ids=lambda language: language.name)


@cache
def clauses() -> list[Clause]:
    """Different clauses of every style, and what the tasks and articles make of them."""
    rng = Random(SEED)
    found: dict[Clause, None] = {}
    for style in (ACCEPTABLE, FACTS, QUESTIONS, PREMISES) * 400:
        clause = draw_clause(rng, style)
        found.update(dict.fromkeys([clause, *(change(clause, rng) for change in (restate, entailed, contradicted, unrelated))]))
    return list(found)


def phrases(clause: Clause) -> list[NounPhrase]:
    return [phrase for phrase in (clause.subject, clause.second, clause.object) if phrase]


def traits(clause: Clause) -> Iterator[str]:
    """What a grammar must be able to say and read, as far as a clause has it."""
    yield "predicate" if clause.predicate else "transitive" if clause.object else "intransitive"
    yield from (name for name in ("negated", "passive", "second", "adverb") if getattr(clause, name))
    for phrase in phrases(clause):
        yield phrase.number
        yield phrase.determiner
        if phrase.place:
            yield f"{phrase.place[0]} {phrase.place[1].number}"
        if phrase.relative:
            yield f"relative {phrase.relative.gap} {phrase.relative.other.number}"
        if phrase.place and phrase.relative:
            yield "place and relative"
        if phrase.noun.kind == phrase.noun.names[0][0]:
            yield "kind"


# ---------------------------------------------------------------------------------------------------------- round trip


def test_the_clauses_drawn_here_have_everything_that_a_clause_can_have() -> None:
    counts = Counter(trait for clause in clauses() for trait in traits(clause))
    expected = {
        "predicate",
        "transitive",
        "intransitive",
        "negated",
        "passive",
        "second",
        "adverb",
        "place and relative",
        "kind",
    }
    expected |= {f"{place} {number}" for place in ("near", "behind", "beside") for number in ("singular", "plural")}
    expected |= {f"relative {gap} {number}" for gap in ("subject", "object") for number in ("singular", "plural")}
    assert min(counts[trait] for trait in expected) > 20
    assert len(clauses()) > 5000


@other_languages
def test_what_is_said_or_asked_is_read_back(language: Language) -> None:
    for put in (say, ask):
        assert [clause for clause in clauses() if read(put(clause, language), language) != clause] == []


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_no_two_clauses_have_the_same_sentence(language: Language) -> None:
    said = {say(clause, language) for clause in clauses()} | {ask(clause, language) for clause in clauses()}
    assert len(said) == 2 * len(clauses())


def test_english_is_what_it_was() -> None:
    for clause in clauses():
        assert say(clause, ENGLISH) == text(statement(clause))
        assert ask(clause, ENGLISH) == text(question(clause), "?")


@other_languages
def test_a_spoilt_sentence_is_refused_or_is_another_sentence(language: Language) -> None:
    rng = Random(SEED)
    refused = 0
    for clause in clauses()[::10]:
        words = say(clause, language).split(" ")
        first, second = rng.randrange(len(words) - 1), rng.randrange(len(words) - 1)
        words[first], words[second] = words[second], words[first]
        for spoilt in (words, words[:first] + words[first + 1 :], [*words[:-1], words[first], "."]):
            try:
                assert say(read(" ".join(spoilt), language), language) == " ".join(spoilt)
            except ValueError:
                refused += 1
    assert refused > 500


@other_languages
@pytest.mark.parametrize("change", [{"number": "plural", "determiner": "these"}, {"number": "singular", "determiner": "this"}])
def test_a_verb_that_does_not_agree_is_refused(language: Language, change: dict[str, Any]) -> None:
    plain = constructions()["plain"]
    clause = replace(plain, subject=replace(plain.subject, **change))
    known = vocabulary(language)
    right, wrong = ("3pl", "3sg") if change["number"] == "plural" else ("3sg", "3pl")
    sentence = say(clause, language)
    spoilt = sentence.replace(known.word("verb", "chase", right), known.word("verb", "chase", wrong))
    assert spoilt != sentence
    with pytest.raises(ValueError, match="do not agree"):
        read(spoilt, language)


@pytest.mark.parametrize("sentence", ["", ".", "the dog sleeps .", "dog ."])
def test_another_languages_sentence_is_refused(sentence: str) -> None:
    for language in LANGUAGES.values():
        with pytest.raises(ValueError, match="sentence"):
            read(sentence, language)


@other_languages
def test_only_one_language_reads_a_sentence(language: Language) -> None:
    for clause in clauses()[::50]:
        for other in OTHERS:
            if other != language:
                with pytest.raises(ValueError, match="no such word"):
                    read(say(clause, language), other)


def test_a_kind_of_language_without_a_grammar_is_refused() -> None:
    with pytest.raises(ValueError, match="isolating sov"):
        Language("x", order="sov")
    with pytest.raises(ValueError, match="agglutinative svo"):
        Language("x", agglutinative=True)


@pytest.mark.parametrize("changed", [{"ending": "as"}, {"finals": ("s", "a")}, {"vowels": ("a", "s"), "finals": ("s",)}])
def test_letters_that_leave_a_stems_end_in_doubt_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a stem must end"):
        replace(LANGUAGES["luma"], **changed)


def test_letters_too_few_for_the_suffixes_are_refused() -> None:
    with pytest.raises(ValueError, match="too few letters"):
        vocabulary(replace(LANGUAGES["luma"], finals=("s", "t", "d")))


# --------------------------------------------------------------------------------------------------- order, morphology


ISOLATING = {
    "plain": "the doctor old chase-3SG the dog",
    "negated": "the doctor old not chase-3SG the dog",
    "plural": "these doctor-PL old-PL chase-3PL two dog-PL",
    "passive": "the dog be-3SG chase-DONE by the doctor old",
    "place": "the doctor near the house chase-3SG the dog",
    "relative, of its object": "the boy that the dog fear-3SG chase-3SG a horse",
    "two subjects": "the doctor and the king chase-3PL the dog",
    "adjective": "the doctor be-3SG happy",
}
AGGLUTINATIVE = {
    "plain": "the old doctor the dog-ACC chase-3SG",
    "negated": "the old doctor the dog-ACC chase-NEG-3SG",
    "plural": "these old doctor-PL two dog-PL-ACC chase-3PL",
    "passive": "the dog the old doctor-AGENT chase-PASS-3SG",
    "place": "the house-NEAR at the doctor the dog-ACC chase-3SG",
    "relative, of its object": "the dog-GEN fear-DONE the boy a horse-ACC chase-3SG",
    "two subjects": "the doctor-COM the king the dog-ACC chase-3PL",
    "adjective": "the doctor happy-3SG",
}


@other_languages
def test_order_and_morphology_are_those_of_the_kind_of_language(language: Language) -> None:
    expected = AGGLUTINATIVE if language.agglutinative else ISOLATING
    told = constructions()
    assert {name: gloss(say(told[name], language), language) for name in expected} == expected


def test_the_four_languages_cross_both_kinds() -> None:
    assert sorted((each.order, each.agglutinative) for each in OTHERS) == [("sov", True)] * 2 + [("svo", False)] * 2


def test_the_page_has_every_construction_in_every_language() -> None:
    rows = [row.strip("| ").split(" | ") for row in page().splitlines()[2:]]
    names = [*constructions(), "question"]
    assert [tuple(row[:2]) for row in rows] == list(product(names, LANGUAGES))


# --------------------------------------------------------------------------------------------------------------- words


def suffix_chains(known: Vocabulary) -> Iterator[tuple[str, ...]]:
    return (chain for length in range(3) for chain in product(known.suffixes, repeat=length))


@cache
def spelled(language: Language) -> dict[str, list[Analysis]]:
    """Every stem with every chain of up to two suffixes, and all that it may mean."""
    known = vocabulary(language)
    found: dict[str, list[Analysis]] = {}
    for (part, word), chain in product(known.stems, list(suffix_chains(known))):
        found.setdefault(known.word(part, word, *chain), []).append(Analysis(part, word, chain))
    return found


@other_languages
def test_a_word_is_taken_apart_in_one_way_and_as_it_was_put_together(language: Language) -> None:
    known = vocabulary(language)
    assert [word for word, meanings in spelled(language).items() if meanings != [known.analysis(word)]] == []


@other_languages
def test_no_two_meanings_share_a_stem_and_no_suffix_is_the_end_of_another(language: Language) -> None:
    known = vocabulary(language)
    assert len(set(known.stems.values())) == len(known.stems)
    assert not [pair for pair in product(known.suffixes.values(), repeat=2) if pair[0] != pair[1] and pair[0].endswith(pair[1])]
    assert len(set(known.suffixes.values())) == len(known.suffixes)


@pytest.mark.parametrize(("first", "second"), list(combinations(OTHERS, 2)), ids=lambda language: language.name)
def test_no_stem_is_a_word_of_another_language_unless_both_are_cognates(first: Language, second: Language) -> None:
    for one, other in ((first, second), (second, first)):
        known = vocabulary(one)
        shared = {lexeme for lexeme, stem in known.stems.items() if stem in spelled(other)}
        assert shared <= known.cognates & vocabulary(other).cognates


@other_languages
def test_no_stem_is_an_english_word(language: Language) -> None:
    assert set(vocabulary(language).stems.values()) & ENGLISH_WORDS == set()
    assert spelled(language).keys() & ENGLISH_WORDS == set()


def test_the_english_words_are_all_that_the_world_says_in_english() -> None:
    pages = [article(SEED, number)["text"] for number in range(200)]
    rows = [str(value) for task in SPLITS for row in examples(task, "train", SEED, 100) for value in row.values()]
    said = {word for told in (*pages, *rows) for word in told.split() if word.isalpha()}
    assert said - ENGLISH_WORDS == set()


@other_languages
def test_the_share_of_cognates_is_about_what_is_asked(language: Language) -> None:
    shares = [0.0, 0.3, 0.6, 0.9, 1.0]
    kept = [vocabulary(replace(language, cognates=share)).cognates for share in shares]
    for share, cognates in zip(shares, kept, strict=True):
        error = sqrt(share * (1 - share) / len(CONTENT))
        assert abs(len(cognates) / len(CONTENT) - share) <= 3 * error + 0.01
    assert all(few <= many for few, many in pairwise(kept))


@other_languages
def test_a_cognate_shows_its_english_stem_and_the_other_words_do_not(language: Language) -> None:
    known = vocabulary(language)
    for lexeme in CONTENT:
        stem = known.stems[lexeme].removesuffix(language.ending)
        assert (stem in (lexeme.word, lexeme.word[:-1])) == (lexeme in known.cognates)


# ------------------------------------------------------------------------------------------------------------ articles


def paragraphs(pages: list[dict[str, str]]) -> list[str]:
    return [paragraph for told in pages for paragraph in told["text"].split("\n\n")]


def spoken_in(sentence: str) -> str:
    """The one language whose sentence it is."""
    if parses(sentence):
        return "en"
    for language in OTHERS:
        try:
            read(sentence, language)
        except ValueError:
            continue
        return language.name
    raise AssertionError(f"no language's sentence: {sentence!r}")


def two_sentences(paragraph: str) -> tuple[str, str]:
    """The sentences of a story's paragraph, without what stands between them."""
    at = min(place for stop in (" . ", " ? ") if (place := paragraph.find(stop)) > 0) + 2
    first, rest = paragraph[:at], paragraph[at + 1 :]
    openings = [connective(words, language) for language in LANGUAGES.values() for words in CONNECTIVES.values()]
    (opening,) = [opening for opening in openings if rest.startswith(f"{opening} ")]
    return first, rest.removeprefix(f"{opening} ")


@cache
def corpus(translated: float = 0.6) -> list[dict[str, str]]:
    return list(articles(SEED, 0, 200, SHARES, translated))


def test_english_articles_and_tasks_are_byte_for_byte_what_they_were_before_the_other_languages() -> None:
    def digest(content: object) -> str:
        return sha256(json.dumps(content).encode()).hexdigest()

    pages = [article(0, number) for number in range(300)]
    assert digest(pages) == "edc600567af164cde73c8241f49aabf241b76d47934c2191fae909ebda249140"
    rows = [examples(task, split, 0, 200) for task, splits in SPLITS.items() for split in splits]
    assert digest(rows) == "fb22c1c61f92d140d22709f59455b668c61467cb48b7db0ed940dc309b77406b"


def test_a_corpus_has_each_languages_share_of_articles() -> None:
    counts = Counter(told["id"].rpartition("-")[0] or "en" for told in corpus())
    assert counts == {name: share * 200 for name, share in SHARES.items()}
    assert len({told["id"] for told in corpus()}) == len({told["url"] for told in corpus()}) == len(corpus())
    assert {tuple(told) for told in corpus()} == {("id", "url", "title", "text")}


def test_a_corpus_of_english_alone_is_the_english_corpus() -> None:
    assert list(articles(SEED, 5, 20, {"en": 1.0}, 0.6)) == [article(SEED, number) for number in range(5, 25)]


def stories(name: str, translated: float = 0.6) -> list[tuple[str, str]]:
    pages = [told for told in corpus(translated) if (told["id"].rpartition("-")[0] or "en") == name]
    return list(map(two_sentences, paragraphs([told for told in pages if not told["title"].startswith("review")])))


@pytest.mark.parametrize("name", LANGUAGES)
def test_first_sentences_are_in_the_articles_language_and_the_share_asked_of_second_ones_in_others(name: str) -> None:
    told = stories(name)
    assert {spoken_in(first) for first, _ in told} == {name}
    seconds = Counter(spoken_in(second) for _, second in told)
    total = seconds.total()
    assert abs(1 - seconds[name] / total - 0.6) < 3 * sqrt(0.24 / total)
    weight = sum(share for other, share in SHARES.items() if other != name)
    for other in SHARES.keys() - {name}:
        share = 0.6 * SHARES[other] / weight
        assert abs(seconds[other] / total - share) < 3.5 * sqrt(share * (1 - share) / total)


@pytest.mark.parametrize("name", LANGUAGES)
def test_translation_changes_no_fact(name: str) -> None:
    def facts(told: list[tuple[str, str]]) -> list[tuple[str, ...]]:
        return [tuple(map(in_english, pair)) for pair in told]

    assert facts(stories(name, 0.6)) == facts(stories(name, 0.0))
    assert {spoken_in(second) for _, second in stories(name, 0.0)} == {name}


def in_english(sentence: str) -> str:
    language = LANGUAGES[spoken_in(sentence)]
    if language == ENGLISH:
        return sentence
    return (ask if sentence.endswith("?") else say)(read(sentence, language), ENGLISH)


def test_a_language_of_no_share_is_never_written() -> None:
    pages = list(articles(SEED, 0, 50, {"luma": 1.0, "tabek": 0.5, "sori": 0.0}, 1.0))
    assert {spoken_in(sentence) for told in paragraphs(pages) for sentence in two_sentences(told)} == {"luma", "tabek"}


# ----------------------------------------------------------------------------------------------------------- test sets


@cache
def rows_of(split: str = "test") -> dict[str, list[dict[str, str | int]]]:
    return parallel(SEED, 200, LANGUAGES, split)


def test_all_languages_have_the_same_labels_in_the_same_order_and_the_same_columns() -> None:
    labels = {name: [row["label"] for row in rows] for name, rows in rows_of().items()}
    assert list(labels) == list(LANGUAGES)
    assert all(found == labels["en"] for found in labels.values())
    assert min(Counter(labels["en"]).values()) > 50
    for rows in rows_of().values():
        assert {tuple(row) for row in rows} == {("premise", "hypothesis", "label", "idx")}
        assert [row["idx"] for row in rows] == list(range(200))
        assert len({(row["premise"], row["hypothesis"]) for row in rows}) == 200


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_label_follows_from_the_text_of_each_language(name: str) -> None:
    for row in rows_of()[name]:
        assert verdict(in_english(str(row["premise"])), in_english(str(row["hypothesis"]))) == row["label"]


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_languages_rows_say_what_the_english_rows_say(name: str) -> None:
    for row, english in zip(rows_of()[name], rows_of()["en"], strict=True):
        assert [in_english(str(row[column])) for column in ("premise", "hypothesis")] == [
            english["premise"],
            english["hypothesis"],
        ]


@pytest.mark.parametrize("split", SPLITS["mnli"])
def test_english_rows_of_mnlis_own_splits_are_those_of_the_task(split: str) -> None:
    assert parallel(SEED, 100, ["en"], split)["en"] == examples("mnli", split, SEED, 100)


@pytest.mark.parametrize("name", LANGUAGES)
def test_no_sentence_of_a_test_set_stands_in_an_article_of_any_language_or_in_mnlis_training(name: str) -> None:
    told = {in_english(s) for language in LANGUAGES for pair in stories(language) for s in pair}
    told |= {str(row[column]) for row in examples("mnli", "train", SEED, 1000) for column in ("premise", "hypothesis")}
    held = {in_english(str(row[column])) for row in rows_of()[name] for column in ("premise", "hypothesis")}
    assert held & told == set()
    taught = {in_english(str(row[column])) for row in rows_of("train")[name] for column in ("premise", "hypothesis")}
    assert taught & told, "without the rule they would share sentences"


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'lumo' is unknown: allowed are en, luma"):
        parallel(SEED, 1, ["lumo"])
    with pytest.raises(ValueError, match=r"'lumo' is unknown"):
        article(SEED, 0, "lumo")


def test_another_process_says_the_same() -> None:
    program = (
        "from headcount.miniature.articles import articles; from headcount.miniature.parallel import parallel;"
        f"print([list(articles({SEED}, 0, 10, {SHARES}, 0.6)), parallel({SEED}, 20, {list(SHARES)})])"
    )
    for number in ("1", "2"):
        other = os.environ | {"PYTHONHASHSEED": number}
        printed = subprocess.run([sys.executable, "-c", program], env=other, capture_output=True, text=True, check=True)
        assert printed.stdout.strip() == str([list(articles(SEED, 0, 10, SHARES, 0.6)), parallel(SEED, 20, list(SHARES))])


def test_the_page_of_the_documents_is_what_the_languages_say_today() -> None:
    written = Path(__file__).parents[2] / "docs/five-languages.md"
    assert written.read_text(encoding="utf-8") == page() + "\n", "make reference"
