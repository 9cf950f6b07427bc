"""What follows from a statement of the embedded world, found by looking: in every small model where it is true.

A batch of random models is an array; in each of them a statement is true, false, or out of place. The readings are
those that ``headcount.miniature.relations`` documents: a definite phrase refers to one thing (a group, if plural), and
its description is part of what is claimed and never falls under a negation. Every other determiner quantifies in the
scope where it stands; ``two`` is at least two, ``some`` at least one. Models that lack what one of them quantifies
over, in the premise or in the hypothesis, do not count: this is that module's Strawson entailment, whichever the
determiner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from world_parser import Fact, Phrase, Place, Predication, Relative, parse

from headcount.miniature.lexicon import ADJECTIVES, KINDS, NOUNS

ENTAILMENT, NEUTRAL, CONTRADICTION = 0, 1, 2
DEFINITE = frozenset(("the", "this", "that", "these", "those"))
COUNTED = {"a": 1, "some": 1, "two": 2, "three": 3}
MODELS, THINGS = 2_000, 8
FEWEST = 40
"""A verdict from fewer models than this would be luck, so it is refused."""

Truth = NDArray[np.bool_]
"""One truth value per model (the last axis), and per thing of it for each axis before."""
Sort = NDArray[np.int64]
"""Which of several sorts each thing of each model is."""

KIND_OF: dict[str, str] = {noun.names[0][0]: noun.kind for noun in NOUNS} | {kind: kind for kind in KINDS}
SCALE_OF: dict[str, tuple[str, int]] = {
    adjective.names[0]: (adjective.scale, [a for a in ADJECTIVES if a.scale == adjective.scale].index(adjective))
    for adjective in ADJECTIVES
}


@cache
def _chance(stream: int, part: int, arity: int) -> NDArray[np.float64]:
    """A number between 0 and 1 for each thing, or pair of things, of each model; other sentences get the same."""
    return np.random.default_rng((stream, part)).random((*[THINGS] * arity, MODELS))


@cache
def _sparse_or_dense(stream: int, part: int, arity: int) -> Truth:
    """A predicate that is all but universal in some models and all but absent in others."""
    density = np.random.default_rng((stream, part)).beta(0.5, 0.5, MODELS)
    return np.less(_chance(stream, part + 1, arity), density)


@dataclass
class Models:
    """Random models over the words of one pair; whatever is asked about is drawn when it is first asked about.

    A thing is of one noun concept, hence of one kind, and at one end of a scale or at neither.
    """

    nouns: tuple[str, ...]
    drawn: dict[str, NDArray[Any]] = field(default_factory=dict)

    @property
    def sorts(self) -> list[str]:
        """The mentioned nouns, and for each of their kinds another one."""
        mentioned = {noun for noun in self.nouns if noun not in KINDS}
        return sorted(mentioned | {f"another {KIND_OF[noun]}" for noun in self.nouns})

    def _once(self, key: str, draw: Callable[[int], NDArray[Any]]) -> NDArray[Any]:
        if key not in self.drawn:
            self.drawn[key] = draw(len(self.drawn)).copy()
        return self.drawn[key]

    def _sort(self) -> Sort:
        return self._once("sort", lambda stream: np.floor(_chance(stream, 0, 1) * len(self.sorts)).astype(int))

    def _scale(self, scale: str) -> Sort:
        def draw(stream: int) -> Sort:
            return np.where(_sparse_or_dense(stream, 0, 1), 0, np.where(_sparse_or_dense(stream, 2, 1), 1, 2))

        return self._once(scale, draw)

    def noun(self, name: str) -> Truth:
        kinds = [KIND_OF.get(sort, sort.removeprefix("another ")) for sort in self.sorts]
        fitting = kinds if name in KINDS else self.sorts
        return np.asarray(np.array([sort == name for sort in fitting])[self._sort()])

    def quality(self, name: str) -> Truth:
        scale, end = SCALE_OF[name]
        return np.equal(self._scale(scale), end)

    def attribute(self, attribute: Place | Relative) -> Truth:
        """A place or a relative clause; no label turns on what is inside one, so each is one predicate as a whole."""
        return self.relation(str(attribute), 1)

    def relation(self, name: str, arity: int) -> Truth:
        return self._once(f"{name}/{arity}", lambda stream: _sparse_or_dense(stream, 0, arity))

    def referent(self, name: str) -> Truth:
        """The one thing that a definite phrase refers to."""
        chosen = self._once(f"referent {name}", lambda stream: np.floor(_chance(stream, 0, 0) * THINGS))
        return np.asarray(chosen == np.arange(THINGS)[:, None])

    def settle(self, phrase: Phrase, name: str, share: float) -> None:
        """Let ``phrase`` describe ``name`` in ``share`` of the models: by chance alone, few would fit a long one."""
        luck = self._once(f"luck of {name}", lambda stream: _chance(stream, 0, 0))
        there = self.referent(name) & (luck < share)
        if phrase.noun not in KINDS:
            self._sort()[there] = self.sorts.index(phrase.noun)
        if phrase.quality:
            scale, end = SCALE_OF[phrase.quality]
            self._scale(scale)[there] = end
        for attribute in phrase.attributes:
            self.attribute(attribute)[there] = True


# ------------------------------------------------------------------------------------------------------------ meaning


def _described(models: Models, phrase: Phrase) -> Truth:
    holds = models.noun(phrase.noun)
    if phrase.quality:
        holds = holds & models.quality(phrase.quality)
    for attribute in phrase.attributes:
        holds = holds & models.attribute(attribute)
    return holds


def _done(models: Models, said: Predication) -> Truth:
    """The bare predicate: an axis for its patient, if it has one, and one for its actor."""
    if said.quality:
        return models.quality(said.quality)
    arity = 2 if said.patient else 1
    holds = models.relation(said.verb or "", arity)
    return holds & models.relation(f"{said.adverb} {said.verb}", arity) if said.adverb else holds


def _somewhere(holds: Truth) -> Truth:
    return np.asarray(holds.any(axis=0))


def _bound(determiner: str, among: Truth, holds: Truth) -> Truth:
    """The quantifier over the first axis, which it removes."""
    if determiner in ("all", "every"):
        return ~_somewhere(among & ~holds)
    if determiner == "no":
        return ~_somewhere(among & holds)
    return np.asarray((among & holds).sum(axis=0) >= COUNTED[determiner])


@dataclass
class Reading:
    """A statement in a batch of models: the definite descriptions' claims, and what has to exist beside them."""

    models: Models
    claims: list[Truth] = field(default_factory=list)
    exists: list[Truth] = field(default_factory=list)

    def bind(self, phrase: Phrase, name: str, holds: Truth) -> Truth:
        """``holds`` with its first axis bound by ``phrase``, which refers to ``name`` if it is definite."""
        among = _described(self.models, phrase)
        if phrase.determiner in DEFINITE:
            thing = self.models.referent(name)
            self.claims.append(_somewhere(among & thing))
            among, determiner = thing, "some"
        else:
            self.exists.append(_somewhere(among))
            determiner = phrase.determiner
        if holds.ndim == 3:
            among = among[:, None, :]
        return _bound(determiner, among, holds)

    def of(self, fact: Fact, names: tuple[str, str]) -> tuple[Truth, Truth]:
        """Where the fact is true, and where it is in place; scope is the order in which the phrases stand."""
        (actor,), said = fact.actors, fact.said
        holds = _done(self.models, said)
        (outer, outer_name), inner = (actor, names[0]), (said.patient, names[1])
        if said.passive and said.patient:
            (outer, outer_name), inner = (said.patient, names[1]), (actor, names[0])
            holds = holds.swapaxes(0, 1)
        if inner[0]:
            holds = self.bind(inner[0], inner[1], holds)
        true = self.bind(outer, outer_name, ~holds if said.negated else holds)
        return np.logical_and.reduce([true, *self.claims]), np.logical_and.reduce([np.ones_like(true), *self.exists])


# -------------------------------------------------------------------------------------------------------------- pairs


def _may_be(phrase: Phrase, other: Phrase | None) -> bool:
    """Whether two definite phrases can describe one thing: the same noun, or one noun the other's kind."""
    if other is None or (phrase.determiner, phrase.number) != (other.determiner, other.number):
        return False
    nouns = {phrase.noun, other.noun}
    return len(nouns) == 1 or (KIND_OF[phrase.noun] in nouns and KIND_OF[other.noun] in nouns)


def _names(premise: Fact, hypothesis: Fact) -> tuple[str, str]:
    """What the hypothesis's actor and patient refer to: the premise's in that role, in the other, or a new thing."""
    known: dict[str, Phrase | None] = {"actor": premise.actors[0], "patient": premise.said.patient}
    found = []
    for role, phrase in (("actor", hypothesis.actors[0]), ("patient", hypothesis.said.patient)):
        roles = (role, "patient" if role == "actor" else "actor")
        found.append(next((r for r in roles if phrase and _may_be(phrase, known[r])), f"new {role}"))
    return found[0], found[1]


def _phrases(fact: Fact) -> tuple[Phrase, ...]:
    return tuple(phrase for phrase in (*fact.actors, fact.said.patient) if phrase)


def verdict(premise: str, hypothesis: str) -> int:
    """The relation between two statements, in the coding of ``nyu-mll/glue``.

    Raises:
        ValueError: one of them has no single reading, or too few models fit to tell.
    """
    first, second = parse(premise), parse(hypothesis)
    models = Models(tuple(phrase.noun for phrase in _phrases(first) + _phrases(second)))
    roles, names = ("actor", "patient"), _names(first, second)
    for fact, called, share in ((second, names, 0.5), (first, roles, 1.0)):
        for phrase, name in zip(_phrases(fact), called, strict=False):
            for number in range(COUNTED.get(phrase.determiner, 1)):
                models.settle(phrase, name if not number else f"{name} {number}", share)
    given, in_place = Reading(models).of(first, roles)
    follows, also_in_place = Reading(models).of(second, names)
    judged = follows[given & in_place & also_in_place]
    if len(judged) < FEWEST:
        raise ValueError(f"only {len(judged)} of {MODELS} models fit {premise!r} and {hypothesis!r}")
    if judged.all():
        return ENTAILMENT
    return NEUTRAL if judged.any() else CONTRADICTION
