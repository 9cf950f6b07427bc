"""Opinions of the embedded world: remarks on films and stories that are for or against, however they are put."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from headcount.miniature.lexicon import ASPECTS, AUDIENCES, DISLIKING, INTENSIFIERS, LIKING, NEGATIVE, NEGATORS, POSITIVE


@dataclass(frozen=True)
class Manner:
    """How remarks are put: how often an adjective is negated, and the shapes that are drawn from."""

    negated: float = 0.45
    shapes: tuple[str, ...] = ("plain", "and", "but", "although")


REVIEWING = Manner()


def _quality(rng: Random, liked: bool, manner: Manner) -> str:
    """``[negator] [intensifier] adjective``, for or against as a whole."""
    negated = rng.random() < manner.negated
    words = [rng.choice(NEGATORS)] if negated else []
    if rng.random() < 0.3:
        words.append(rng.choice(INTENSIFIERS))
    return " ".join([*words, rng.choice(POSITIVE if liked != negated else NEGATIVE)])


def _assertion(rng: Random, work: str, liked: bool, manner: Manner) -> str:
    subject = f"the {rng.choice((*ASPECTS, work))}"
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
