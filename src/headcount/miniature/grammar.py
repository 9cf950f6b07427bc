"""Sentences of the embedded world as structures: drawn at random, rendered to words.

A clause is a small immutable tree. Everything that the tasks do to a sentence (restate, weaken, negate, corrupt) is done
to the tree or to the marked words that it renders to, never to a string.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from headcount.miniature.lexicon import (
    ADJECTIVES,
    ADVERBS,
    DETERMINERS,
    INTRANSITIVE,
    NOUNS,
    NUMBERS,
    PREPOSITIONS,
    TOPICS,
    TRANSITIVE,
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


# ------------------------------------------------------------------------------------------------------------ drawing


def draw_noun(rng: Random, topic: str | None, kinds: tuple[str, ...], but: tuple[Noun, ...] = ()) -> Noun:
    """A noun of one of ``kinds``, of the topic where the topic has one."""
    fitting = [noun for noun in NOUNS if noun.kind in kinds and noun not in but]
    local = [noun for noun in fitting if topic in noun.topics]
    return rng.choice(local or fitting)


def draw_quality(rng: Random, kind: str) -> Quality:
    return Quality(rng.choice([a for a in ADJECTIVES if kind in a.kinds]), rng.randrange(2))


@dataclass(frozen=True)
class Style:
    """How rich the drawn sentences are: a probability for each kind of material."""

    quality: float = 0.35
    place: float = 0.15
    relative: float = 0.0
    coordination: float = 0.0
    predicate: float = 0.15
    intransitive: float = 0.25
    adverb: float = 0.15
    negated: float = 0.2
    passive: float = 0.25
    subjects: tuple[str, ...] = tuple(DETERMINERS)
    objects: tuple[str, ...] = ("the", "a", "some", "two", "this", "those")


def _draw_number(rng: Random, determiner: str) -> Number:
    fixed = DETERMINERS[determiner]
    return rng.choice(NUMBERS) if fixed is None else fixed


def draw_phrase(rng: Random, topic: str | None, noun: Noun, style: Style, determiners: tuple[str, ...]) -> NounPhrase:
    determiner = rng.choice(determiners)
    number = _draw_number(rng, determiner)
    phrase = NounPhrase(determiner, number, noun, rng.randrange(len(noun.names)))
    if rng.random() < style.quality:
        phrase = replace(phrase, quality=draw_quality(rng, noun.kind))
    plain = replace(style, quality=0.0, place=0.0, relative=0.0)
    if rng.random() < style.place:
        where = draw_noun(rng, topic, ("building", "vehicle", "container"), (noun,))
        place = (rng.choice(PREPOSITIONS), draw_phrase(rng, topic, where, plain, ("the",)))
        return replace(phrase, place=place)
    if rng.random() < style.relative and noun.animate:
        verb = rng.choice([v for v in TRANSITIVE if noun.kind in (v.objects or ()) and "animal" in (v.objects or ())])
        other = draw_phrase(rng, topic, draw_noun(rng, topic, ("person", "animal"), (noun,)), plain, ("the", "some"))
        relative = Relative(verb, rng.randrange(2), other, rng.choice(("subject", "object")))
        return replace(phrase, relative=relative)
    return phrase


def draw_clause(rng: Random, style: Style, topic: str | None = None) -> Clause:
    """A random well-formed clause about ``topic`` (any topic if ``None``)."""
    topic = topic or rng.choice(TOPICS)
    if rng.random() < style.predicate:
        subject = draw_phrase(rng, topic, draw_noun(rng, topic, ("person", "animal", "vehicle")), style, style.subjects)
        clause = Clause(replace(subject, quality=None), predicate=draw_quality(rng, subject.noun.kind))
    else:
        actor = draw_noun(rng, topic, ("person", "animal"))
        clause = Clause(draw_phrase(rng, topic, actor, style, style.subjects), name=rng.randrange(2))
        if rng.random() < style.intransitive:
            clause = replace(clause, verb=rng.choice(INTRANSITIVE))
        else:
            verb = rng.choice(TRANSITIVE)
            target = draw_noun(rng, topic, verb.objects or (), (actor,))
            clause = replace(clause, verb=verb, object=draw_phrase(rng, topic, target, style, style.objects))
        if rng.random() < style.coordination:
            second = draw_noun(rng, topic, ("person", "animal"), (actor,))
            clause = replace(clause, second=draw_phrase(rng, topic, second, replace(style, relative=0.0), ("the",)))
    if clause.second is None and clause.subject.determiner in DEFINITE and rng.random() < style.negated:
        clause = replace(clause, negated=True)
    elif clause.predicate is None and rng.random() < style.adverb:
        clause = replace(clause, adverb=(rng.randrange(len(ADVERBS)), rng.randrange(2)))
    if rng.random() < style.passive and can_flip(clause):
        clause = replace(clause, passive=True)
    return clause


def can_flip(clause: Clause) -> bool:
    """Whether active and passive say the same: the two quantifiers commute, with each other and with the negation."""
    if clause.object is None:
        return False
    definite = [phrase.determiner in DEFINITE for phrase in (clause.subject, clause.object)]
    if clause.negated:
        return all(definite)
    existential = all(p.determiner in DEFINITE + EXISTENTIAL for p in (clause.subject, clause.object))
    return any(definite) or existential
