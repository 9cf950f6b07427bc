"""What one sentence of the embedded world says about another: restatement, entailment, contradiction, neither.

Definite noun phrases refer; weakening their description never makes a true sentence false, whether or not the sentence
is negated. The other determiners quantify: ``all`` and ``every`` have instances, and are downward monotone in their noun;
``no`` is downward monotone in noun and verb phrase. What a sentence quantifies over is taken to exist when the next one is
judged (Strawson entailment). The steps below move one part of a clause up (weaker) or down
(stronger) in that order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Literal

from headcount.miniature.drawing import draw_noun, draw_quality
from headcount.miniature.grammar import DEFINITE, Clause, NounPhrase, Quality, can_flip
from headcount.miniature.lexicon import (
    ADJECTIVES,
    ADVERBS,
    INTRANSITIVE,
    KINDS,
    NOUNS,
    NUMBERS,
    PREPOSITIONS,
    TRANSITIVE,
    Adjective,
)

Direction = Literal["up", "down"]
Step = Callable[[], Clause]


def opposite(adjective: Adjective) -> Adjective:
    """The other end of the adjective's scale."""
    return next(a for a in ADJECTIVES if a.scale == adjective.scale and a is not adjective)


# -------------------------------------------------------------------------------------------------------- restatement


def _rename_phrase(phrase: NounPhrase, rng: Random, share: float) -> NounPhrase:
    if len(phrase.noun.names) > 1 and rng.random() < share:
        phrase = replace(phrase, name=1 - phrase.name)
    if phrase.quality and rng.random() < share:
        phrase = replace(phrase, quality=replace(phrase.quality, name=1 - phrase.quality.name))
    if phrase.place:
        phrase = replace(phrase, place=(phrase.place[0], _rename_phrase(phrase.place[1], rng, share)))
    if phrase.relative:
        verb = 1 - phrase.relative.name if rng.random() < share else phrase.relative.name
        other = _rename_phrase(phrase.relative.other, rng, share)
        phrase = replace(phrase, relative=replace(phrase.relative, name=verb, other=other))
    return phrase


def rename(clause: Clause, rng: Random, share: float = 0.8) -> Clause:
    """The same clause with about ``share`` of its content words under their other name."""
    if clause.passive and not can_flip(clause):
        clause = replace(clause, passive=False)  # a changed quantifier or negation would have another scope here
    clause = replace(clause, subject=_rename_phrase(clause.subject, rng, share))
    if clause.second:
        clause = replace(clause, second=_rename_phrase(clause.second, rng, share))
    if clause.object:
        clause = replace(clause, object=_rename_phrase(clause.object, rng, share))
    if clause.verb and rng.random() < share:
        clause = replace(clause, name=1 - clause.name)
    if clause.predicate and rng.random() < share:
        clause = replace(clause, predicate=replace(clause.predicate, name=1 - clause.predicate.name))
    if clause.adverb and rng.random() < share:
        clause = replace(clause, adverb=(clause.adverb[0], 1 - clause.adverb[1]))
    return clause


def restate(clause: Clause, rng: Random, share: float = 0.8) -> Clause:
    """The same fact with ``share`` of its words replaced, and in the other voice where that says the same."""
    clause = rename(clause, rng, share)
    if rng.random() < 0.5 and can_flip(clause):
        clause = replace(clause, passive=not clause.passive)
    return clause


# -------------------------------------------------------------------------------------- steps up and down the ordering


def _phrase_steps(phrase: NounPhrase, direction: Direction, rng: Random) -> Iterator[NounPhrase]:
    if direction == "up":
        if phrase.quality:
            yield replace(phrase, quality=None)
        if phrase.place:
            yield replace(phrase, place=None)
        if phrase.noun.kind in KINDS and len(phrase.noun.names) > 1:
            yield replace(phrase, noun=KINDS[phrase.noun.kind], name=0)
        return
    if not phrase.quality:
        yield replace(phrase, quality=draw_quality(rng, phrase.noun.kind))
    if not phrase.place:
        where = draw_noun(rng, None, ("building", "vehicle", "container"), (phrase.noun,))
        number = rng.choice(NUMBERS)
        yield replace(phrase, place=(rng.choice(PREPOSITIONS), NounPhrase("the", number, where, rng.randrange(2))))
    if len(phrase.noun.names) == 1:
        noun = rng.choice([n for n in NOUNS if n.kind == phrase.noun.kind])
        yield replace(phrase, noun=noun, name=rng.randrange(2))


def _flip(direction: Direction) -> Direction:
    return "down" if direction == "up" else "up"


def _scope(clause: Clause, direction: Direction) -> Direction:
    """The direction in which the verb phrase must move for the whole clause to move in ``direction``."""
    return _flip(direction) if clause.negated or clause.subject.determiner == "no" else direction


def _restrictor(phrase: NounPhrase, scope: Direction, direction: Direction) -> Direction:
    if phrase.determiner in DEFINITE:
        return direction
    return _flip(scope) if phrase.determiner in ("all", "every") else scope


def steps(clause: Clause, direction: Direction, rng: Random) -> list[Clause]:
    """Every clause one step weaker (``up``) or stronger (``down``) than ``clause``."""
    scope = _scope(clause, direction)
    found: list[Clause] = []
    subject = clause.subject
    restrictor = _flip(direction) if subject.determiner in ("all", "every", "no") else direction
    found += [replace(clause, subject=p) for p in _phrase_steps(subject, restrictor, rng)]
    if clause.predicate:
        found = [c for c in found if c.subject.quality is None]  # nobody says "the big dog is small"
    if clause.object:
        way = _restrictor(clause.object, scope, direction)
        found += [replace(clause, object=p) for p in _phrase_steps(clause.object, way, rng)]
    if clause.verb and clause.adverb and scope == "up":
        found.append(replace(clause, adverb=None))
    if clause.verb and not clause.adverb and scope == "down" and not clause.negated:
        found.append(replace(clause, adverb=(rng.randrange(len(ADVERBS)), rng.randrange(2))))
    found += [replace(clause, subject=p) for p in _determiner_steps(subject, direction)]
    return found


def _determiner_steps(phrase: NounPhrase, direction: Direction) -> Iterator[NounPhrase]:
    weaker = {"all": "some", "two": "some", "three": "some"}
    if direction == "up" and phrase.determiner in weaker:
        yield replace(phrase, determiner=weaker[phrase.determiner])
    if direction == "down" and phrase.determiner == "some":
        yield replace(phrase, determiner="all")


def entailed(clause: Clause, rng: Random) -> Clause:
    """A clause that is true whenever ``clause`` is."""
    for _ in range(rng.choice((1, 1, 2))):
        options = steps(clause, "up", rng)
        if options:
            clause = rng.choice(options)
    return rename(clause, rng, 0.5)


# -------------------------------------------------------------------------------------- contradiction and neutrality


def denial(clause: Clause, rng: Random) -> Clause:
    """A clause that is false whenever ``clause`` is true."""
    subject = clause.subject
    if clause.predicate and rng.random() < 0.6 and not clause.negated and subject.determiner in (*DEFINITE, "all", "every"):
        return replace(clause, predicate=Quality(opposite(clause.predicate.adjective), rng.randrange(2)))
    if subject.determiner in DEFINITE:
        return replace(clause, negated=not clause.negated, adverb=None)
    determiner = "some" if subject.determiner == "no" else "no"
    return replace(clause, subject=replace(subject, determiner=determiner, number="plural"))


def contradicted(clause: Clause, rng: Random) -> Clause:
    """A clause that contradicts ``clause``: the denial of something that it entails."""
    weaker = clause
    options = [c for c in steps(clause, "up", rng) if c.subject.determiner == clause.subject.determiner]
    if options and rng.random() < 0.5:
        weaker = rng.choice(options)
    return rename(denial(weaker, rng), rng, 0.5)


def swapped(clause: Clause) -> Clause | None:
    """Who does it to whom, exchanged; ``None`` unless both are animate, and the verb allows it."""
    target = clause.object
    if target is None or clause.second or not target.noun.animate or clause.subject.determiner == "no":
        return None
    if clause.verb is None or clause.subject.noun.kind not in (clause.verb.objects or ()):
        return None
    return replace(clause, subject=target, object=clause.subject)


def _other_noun(phrase: NounPhrase, rng: Random) -> NounPhrase | None:
    others = [n for n in NOUNS if n.kind == phrase.noun.kind and n is not phrase.noun]
    return replace(phrase, noun=rng.choice(others), name=rng.randrange(2)) if others else None


def changed(clause: Clause, rng: Random) -> Clause:
    """The clause with one content word exchanged for one of another concept."""
    options: list[Clause] = []
    if other := _other_noun(clause.subject, rng):
        options.append(replace(clause, subject=other))
    if clause.object and (other := _other_noun(clause.object, rng)):
        options.append(replace(clause, object=other))
    if clause.verb is not None:
        kind = clause.object.noun.kind if clause.object else None
        verbs = [v for v in TRANSITIVE if kind in (v.objects or ())] if kind else list(INTRANSITIVE)
        verb = rng.choice([v for v in verbs if v is not clause.verb])
        options.append(replace(clause, verb=verb, name=rng.randrange(2)))
    if clause.predicate is not None:
        kind = clause.subject.noun.kind
        scale = clause.predicate.adjective.scale
        choices = [a for a in ADJECTIVES if kind in a.kinds and a.scale != scale]
        options.append(replace(clause, predicate=Quality(rng.choice(choices), rng.randrange(2))))
    return rng.choice(options)


def unrelated(clause: Clause, rng: Random) -> Clause:
    """A clause about the same things that ``clause`` neither entails nor contradicts."""
    draw = rng.random()
    exchanged = swapped(clause) if clause.subject.determiner in DEFINITE else None
    if draw < 0.2 and exchanged and exchanged.subject.determiner in DEFINITE:
        other = exchanged
    elif draw < 0.6:
        other = changed(clause, rng)
        if rng.random() < 0.5:
            other = denial(other, rng)
    else:
        other = rng.choice(steps(clause, "down", rng) or [changed(clause, rng)])
    return rename(other, rng, 0.5)
