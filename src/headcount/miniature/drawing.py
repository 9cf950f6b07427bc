"""Sentences of the embedded world, drawn at random."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from headcount.miniature.grammar import DEFINITE, Clause, NounPhrase, Quality, Relative, can_flip
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
    Noun,
    Number,
)


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


def draw_number(rng: Random, determiner: str) -> Number:
    fixed = DETERMINERS[determiner]
    return rng.choice(NUMBERS) if fixed is None else fixed


def draw_phrase(rng: Random, topic: str | None, noun: Noun, style: Style, determiners: tuple[str, ...]) -> NounPhrase:
    determiner = rng.choice(determiners)
    number = draw_number(rng, determiner)
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
