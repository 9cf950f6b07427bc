"""Sentences of the embedded world as structures, and rendered to words.

A clause is a small immutable tree. Everything that the tasks do to a sentence (restate, weaken, negate, corrupt) is done
to the tree or to the marked words that it renders to, never to a string.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from headcount.miniature.lexicon import (
    ADVERBS,
    DETERMINERS,
    Adjective,
    Noun,
    Number,
    Verb,
)

DEFINITE = ("the", "this", "that", "these", "those")
EXISTENTIAL = ("a", "some")


@dataclass(frozen=True)
class Word:
    """One rendered word, its role in the sentence, and the same word in the form that is wrong here (or ``None``)."""

    text: str
    role: str
    wrong: str | None = None


@dataclass(frozen=True)
class Quality:
    """An adjective by one of its two names."""

    adjective: Adjective
    name: int

    @property
    def text(self) -> str:
        return self.adjective.names[self.name]


@dataclass(frozen=True)
class NounPhrase:
    determiner: str
    number: Number
    noun: Noun
    name: int = 0
    quality: Quality | None = None
    place: tuple[str, NounPhrase] | None = None
    relative: Relative | None = None


@dataclass(frozen=True)
class Relative:
    """``that chases the cat`` (gap ``subject``) or ``that the cat chases`` (gap ``object``)."""

    verb: Verb
    name: int
    other: NounPhrase
    gap: str


@dataclass(frozen=True)
class Clause:
    """Subject with a verb (and its object), or with a predicate adjective; ``second`` coordinates the subject."""

    subject: NounPhrase
    verb: Verb | None = None
    name: int = 0
    object: NounPhrase | None = None
    predicate: Quality | None = None
    adverb: tuple[int, int] | None = None
    negated: bool = False
    passive: bool = False
    second: NounPhrase | None = None


def can_flip(clause: Clause) -> bool:
    """Whether active and passive say the same: the two quantifiers commute, with each other and with the negation."""
    if clause.object is None:
        return False
    definite = [phrase.determiner in DEFINITE for phrase in (clause.subject, clause.object)]
    if clause.negated:
        return all(definite)
    existential = all(p.determiner in DEFINITE + EXISTENTIAL for p in (clause.subject, clause.object))
    return any(definite) or existential


# ---------------------------------------------------------------------------------------------------------- rendering


def _article(words: list[Word]) -> list[Word]:
    """``a`` becomes ``an`` before a vowel."""
    if len(words) > 1 and words[0].text == "a" and words[1].text[0] in "aeiou":
        words[0] = replace(words[0], text="an")
    return words


def _noun_words(phrase: NounPhrase) -> list[Word]:
    words = [Word(phrase.determiner, "determiner")]
    if phrase.quality:
        words.append(Word(phrase.quality.text, "adjective"))
    singular, plural = phrase.noun.names[phrase.name]
    text, wrong = (singular, plural) if phrase.number == "singular" else (plural, singular)
    counted = DETERMINERS[phrase.determiner] is not None
    words.append(Word(text, "counted noun" if counted else "noun", wrong))
    if phrase.place:
        preposition, where = phrase.place
        words += [Word(preposition, "preposition"), *_noun_words(where)]
    if phrase.relative:
        words += _relative_words(phrase.relative, phrase.number)
    return _article(words)


def _finite(verb: Verb, name: int, number: Number, role: str) -> Word:
    base, third, _ = verb.names[name]
    return Word(third, role, base) if number == "singular" else Word(base, role, third)


def _relative_words(relative: Relative, number: Number) -> list[Word]:
    that = Word("that", "complementizer")
    other = _noun_words(relative.other)
    if relative.gap == "subject":
        return [that, _finite(relative.verb, relative.name, number, "relative verb"), *other]
    return [that, *other, _finite(relative.verb, relative.name, relative.other.number, "gapped verb")]


def _auxiliary(pair: tuple[str, str], number: Number) -> Word:
    singular, plural = pair
    return Word(singular, "verb", plural) if number == "singular" else Word(plural, "verb", singular)


def _subject(clause: Clause) -> tuple[list[Word], Number]:
    words = _noun_words(clause.subject)
    if clause.second is None:
        return words, clause.subject.number
    return [*words, Word("and", "conjunction"), *_noun_words(clause.second)], "plural"


def _parts(clause: Clause) -> tuple[list[Word], Word | None, list[Word]]:
    """The subject, the finite auxiliary if there is one, and what follows it; a bare finite verb stands in the rest."""
    actor, number = _subject(clause)
    no = [Word("not", "negation")] if clause.negated else []
    adverb = [Word(ADVERBS[clause.adverb[0]][clause.adverb[1]], "adverb")] if clause.adverb else []
    if clause.predicate:
        return actor, _auxiliary(("is", "are"), number), [*no, Word(clause.predicate.text, "predicate")]
    assert clause.verb is not None
    base, third, participle = clause.verb.names[clause.name]
    if clause.passive:
        assert clause.object is not None
        rest = [*no, *adverb, Word(participle, "participle", base), Word("by", "by"), *actor]
        return _noun_words(clause.object), _auxiliary(("is", "are"), clause.object.number), rest
    target = _noun_words(clause.object) if clause.object else []
    if clause.negated:
        return actor, _auxiliary(("does", "do"), number), [*no, *adverb, Word(base, "base", third), *target]
    return actor, None, [*adverb, _finite(clause.verb, clause.name, number, "verb"), *target]


def statement(clause: Clause) -> list[Word]:
    """The clause as a statement, without its full stop."""
    first, auxiliary, rest = _parts(clause)
    return [*first, *([auxiliary] if auxiliary else []), *rest]


def question(clause: Clause) -> list[Word]:
    """The clause as a why-question, without its question mark."""
    first, auxiliary, rest = _parts(clause)
    if auxiliary is None:
        assert clause.verb is not None
        _, number = _subject(clause)
        auxiliary = _auxiliary(("does", "do"), number)
        base, third, _ = clause.verb.names[clause.name]
        rest = [Word(base, "base", third) if word.role == "verb" else word for word in rest]
    return [Word("why", "why"), auxiliary, *first, *rest]


def text(words: list[Word], stop: str = ".") -> str:
    return " ".join([*(word.text for word in words), stop])
