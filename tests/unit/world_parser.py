"""A parser of the embedded world's sentences that knows only their words: the tests' second opinion on the generator.

It shares the word tables with the generator and none of its trees, so a sentence has a parse here because its words
stand in an English order and agree, not because something meant to build it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from headcount.miniature.lexicon import (
    ADJECTIVES,
    ADVERBS,
    DETERMINERS,
    INTRANSITIVE,
    KINDS,
    NOUNS,
    PREPOSITIONS,
    TRANSITIVE,
    Number,
)

Form = Literal["base", "third", "participle"]
Words = tuple[str, ...]

COPULAS: dict[str, Number] = {"is": "singular", "are": "plural"}
AUXILIARIES: dict[str, Number] = {"does": "singular", "do": "plural"}
FINITE: dict[Number, Form] = {"singular": "third", "plural": "base"}
NUMBERS: tuple[Number, Number] = ("singular", "plural")
FORMS: tuple[Form, Form, Form] = ("base", "third", "participle")


@dataclass(frozen=True)
class Phrase:
    """A noun phrase in concepts: each noun and adjective under its concept's first name, ``an`` as ``a``."""

    determiner: str
    number: Number
    noun: str
    quality: str | None = None
    place: Place | None = None
    relative: Relative | None = None

    @property
    def attributes(self) -> tuple[Place | Relative, ...]:
        return tuple(attribute for attribute in (self.place, self.relative) if attribute)


@dataclass(frozen=True)
class Place:
    preposition: str
    where: Phrase


@dataclass(frozen=True)
class Relative:
    verb: str
    gap: Literal["subject", "object"]
    other: Phrase | None


@dataclass(frozen=True)
class Predication:
    """What is said of the actors, with the voice undone: ``passive`` only tells which of the two came first."""

    verb: str | None = None
    patient: Phrase | None = None
    quality: str | None = None
    adverb: str | None = None
    negated: bool = False
    passive: bool = False


@dataclass(frozen=True)
class Fact:
    actors: tuple[Phrase, ...]
    said: Predication


NOUN_FORMS: dict[str, tuple[str, Number]] = {
    form: (noun.names[0][0], number)
    for noun in (*NOUNS, *KINDS.values())
    for name in noun.names
    for form, number in zip(name, NUMBERS, strict=True)
}
VERB_FORMS: dict[str, tuple[str, Form, bool]] = {
    form: (verb.names[0][0], kind, verb in TRANSITIVE)
    for verb in (*TRANSITIVE, *INTRANSITIVE)
    for name in verb.names
    for form, kind in zip(name, FORMS, strict=True)
}
ADJECTIVE_NAMES: dict[str, str] = {name: adjective.names[0] for adjective in ADJECTIVES for name in adjective.names}
ADVERB_NAMES: dict[str, str] = {name: names[0] for names in ADVERBS for name in names}


def _word(words: Words, at: int) -> str:
    return words[at] if at < len(words) else ""


# ------------------------------------------------------------------------------------------------------- noun phrases


def _phrases(words: Words, at: int) -> Iterator[tuple[Phrase, int]]:
    determiner = _word(words, at)
    if determiner in ("a", "an") and (determiner == "an") != _word(words, at + 1).startswith(tuple("aeiou")):
        return
    determiner = "a" if determiner == "an" else determiner
    if determiner not in DETERMINERS:
        return
    quality = ADJECTIVE_NAMES.get(_word(words, at + 1))
    at += 2 if quality else 1
    if _word(words, at) not in NOUN_FORMS:
        return
    noun, number = NOUN_FORMS[words[at]]
    if DETERMINERS[determiner] in (None, number):
        for place, after in _places(words, at + 1):
            for relative, end in _relatives(words, after, number):
                yield Phrase(determiner, number, noun, quality, place, relative), end


def _places(words: Words, at: int) -> Iterator[tuple[Place | None, int]]:
    yield None, at
    if _word(words, at) in PREPOSITIONS:
        for where, end in _phrases(words, at + 1):
            yield Place(words[at], where), end


def _relatives(words: Words, at: int, number: Number) -> Iterator[tuple[Relative | None, int]]:
    yield None, at
    if _word(words, at) != "that":
        return
    for said, end in _verb_phrases(words, at + 1, FINITE[number]):
        yield Relative(said.verb or "", "subject", said.patient), end
    for other, end in _phrases(words, at + 1):
        verb, form, transitive = VERB_FORMS.get(_word(words, end), ("", None, False))
        if transitive and form == FINITE[other.number]:
            yield Relative(verb, "object", other), end + 1


def _coordinations(words: Words, at: int) -> Iterator[tuple[tuple[Phrase, ...], Number, int]]:
    """One phrase, or several with ``and``; whatever their numbers, several together are plural.

    In this language ``and`` joins whole subjects: never what is inside a place or a relative clause.
    """
    for first, end in _phrases(words, at):
        yield (first,), first.number, end
        if _word(words, end) == "and":
            for others, _, last in _coordinations(words, end + 1):
                yield (first, *others), "plural", last


# ------------------------------------------------------------------------------------------------------- verb phrases


def _verb_phrases(words: Words, at: int, form: Form) -> Iterator[tuple[Predication, int]]:
    """``[adverb] verb [object]``; the object is there exactly when the verb is transitive."""
    adverb = ADVERB_NAMES.get(_word(words, at))
    at += 1 if adverb else 0
    verb, found, transitive = VERB_FORMS.get(_word(words, at), ("", None, False))
    if found != form:
        return
    if not transitive:
        yield Predication(verb, adverb=adverb), at + 1
        return
    for patient, end in _phrases(words, at + 1):
        yield Predication(verb, patient, adverb=adverb), end


def _after_copula(words: Words, at: int, subject: tuple[Phrase, ...]) -> Iterator[tuple[Fact, int]]:
    """``[not] adjective`` or ``[not] [adverb] participle by actors``."""
    negated = _word(words, at) == "not"
    at += 1 if negated else 0
    if _word(words, at) in ADJECTIVE_NAMES:
        yield Fact(subject, Predication(quality=ADJECTIVE_NAMES[words[at]], negated=negated)), at + 1
    adverb = ADVERB_NAMES.get(_word(words, at))
    at += 1 if adverb else 0
    verb, form, transitive = VERB_FORMS.get(_word(words, at), ("", None, False))
    if transitive and form == "participle" and _word(words, at + 1) == "by" and len(subject) == 1:
        for actors, _, end in _coordinations(words, at + 2):
            yield Fact(actors, Predication(verb, subject[0], None, adverb, negated, True)), end


def _after_auxiliary(words: Words, at: int, subject: tuple[Phrase, ...]) -> Iterator[tuple[Fact, int]]:
    negated = _word(words, at) == "not"
    for said, end in _verb_phrases(words, at + negated, "base"):
        yield Fact(subject, Predication(said.verb, said.patient, None, said.adverb, negated)), end


# ---------------------------------------------------------------------------------------------------------- sentences


def _statements(words: Words) -> Iterator[tuple[Fact, int]]:
    for subject, number, at in _coordinations(words, 0):
        head = _word(words, at)
        if COPULAS.get(head) == number:
            yield from _after_copula(words, at + 1, subject)
        elif AUXILIARIES.get(head) == number and _word(words, at + 1) == "not":
            yield from _after_auxiliary(words, at + 1, subject)
        else:
            for said, end in _verb_phrases(words, at, FINITE[number]):
                yield Fact(subject, said), end


def _questions(words: Words) -> Iterator[tuple[Fact, int]]:
    head = _word(words, 1)
    if _word(words, 0) != "why" or head not in COPULAS | AUXILIARIES:
        return
    for subject, number, at in _coordinations(words, 2):
        if COPULAS.get(head) == number:
            yield from _after_copula(words, at, subject)
        if AUXILIARIES.get(head) == number:
            yield from _after_auxiliary(words, at, subject)


def parses(sentence: str) -> list[Fact]:
    """Every reading of a statement (``… .``) or a why-question (``… ?``); none if it is not one."""
    *words, stop = sentence.split()
    readings = {".": _statements, "?": _questions}.get(stop)
    if readings is None:
        return []
    return [fact for fact, end in readings(tuple(words)) if end == len(words)]


def parse(sentence: str) -> Fact:
    """The one reading of a sentence.

    Raises:
        ValueError: the sentence has no reading, or several.
    """
    found = parses(sentence)
    if len(found) != 1:
        raise ValueError(f"{len(found)} readings instead of one: {sentence!r}")
    return found[0]
