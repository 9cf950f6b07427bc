"""Opinions of the embedded world: remarks on films and stories that are for or against, however they are put."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from headcount.miniature.drawing import draw_number
from headcount.miniature.grammar import DEFINITE, Clause, NounPhrase, statement
from headcount.miniature.lexicon import (
    ASPECTS,
    AUDIENCES,
    DISLIKING,
    DISPLEASED,
    INTENSIFIERS,
    LIKING,
    NEGATIVE,
    NEGATORS,
    NOUNS,
    PLEASED,
    POSITIVE,
    Noun,
)

PEOPLE: tuple[Noun, ...] = tuple(noun for noun in NOUNS if noun.kind == "person")


@dataclass(frozen=True)
class Manner:
    """How remarks are put.

    Args:
        negated: how often an adjective or a reaction is negated.
        shapes: those of whole remarks, which are drawn from.
        reactions: share of the assertions that tell what somebody does (``PLEASED``, ``DISPLEASED``).
        name: under which of its two names such a verb stands.
    """

    negated: float = 0.45
    shapes: tuple[str, ...] = ("plain", "and", "but", "although")
    reactions: float = 0.0
    name: int = 0


REVIEWING = Manner()
REACTING = (*DEFINITE, "all", "every", "some", "two", "a")


def _quality(rng: Random, liked: bool, manner: Manner) -> str:
    """``[negator] [intensifier] adjective``, for or against as a whole."""
    negated = rng.random() < manner.negated
    words = [rng.choice(NEGATORS)] if negated else []
    if rng.random() < 0.3:
        words.append(rng.choice(INTENSIFIERS))
    return " ".join([*words, rng.choice(POSITIVE if liked != negated else NEGATIVE)])


def _reaction(rng: Random, aspect: str, liked: bool, manner: Manner) -> str:
    """Somebody does what those do who like it, or does not do what those do who dislike it; or the other way round."""
    negated = rng.random() < manner.negated
    verb = rng.choice(PLEASED if liked != negated else DISPLEASED)
    determiner = rng.choice(DEFINITE if negated else REACTING)
    who = NounPhrase(determiner, draw_number(rng, determiner), rng.choice(PEOPLE), rng.randrange(2))
    what = NounPhrase("the", "singular", Noun(((aspect, ""),), "work")) if verb.transitive else None
    return " ".join(word.text for word in statement(Clause(who, verb, manner.name, what, negated=negated)))


def _assertion(rng: Random, work: str, liked: bool, manner: Manner) -> str:
    aspect = rng.choice((*ASPECTS, work))
    if manner.reactions and rng.random() < manner.reactions:
        return _reaction(rng, aspect, liked, manner)
    subject = f"the {aspect}"
    if rng.random() < 0.65:
        return f"{subject} is {_quality(rng, liked, manner)}"
    if rng.random() < 0.35:
        base, third = rng.choice(DISLIKING if liked else LIKING)
        return f"nobody {third} {subject}"
    audience, number = rng.choice(AUDIENCES)
    base, third = rng.choice(LIKING if liked else DISLIKING)
    return f"{audience} {third if number == 'singular' else base} {subject}"


def remark(rng: Random, work: str, liked: bool, manner: Manner = REVIEWING) -> str:
    """A sentence whose verdict is ``liked``: what it grants on the way does not count, what it ends on does.

    ``A and B`` agree; ``A but B`` and ``although A , B`` say B.
    """
    shape = rng.choice(manner.shapes)
    main = _assertion(rng, work, liked, manner)
    if shape == "plain":
        return f"{main} ."
    side = _assertion(rng, work, liked if shape == "and" else not liked, manner)
    if shape == "although":
        return f"although {side} , {main} ."
    return f"{side} {shape} {main} ."
