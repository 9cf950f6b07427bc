"""Opinions of the embedded world: remarks on films and stories that are for or against, however they are put."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from headcount.miniature.lexicon import (
    AGAINST,
    ASPECTS,
    AUDIENCES,
    BLAME,
    DISLIKING,
    FOR,
    INTENSIFIERS,
    LIKING,
    NEGATIVE,
    NEGATORS,
    POSITIVE,
    PRAISE,
)


@dataclass(frozen=True)
class Manner:
    """How remarks are put.

    Args:
        negated: share of what is said with ``is`` that is negated.
        shapes: those of whole remarks, which are drawn from.
        borrowed: share of the assertions that rest on a noun or verb of the world (``PRAISE``, ``BLAME``, ``FOR``, ``AGAINST``).
        name: under which of its two names such a word stands.
    """

    negated: float = 0.45
    shapes: tuple[str, ...] = ("plain", "and", "but", "although")
    borrowed: float = 0.0
    name: int = 0


REVIEWING = Manner()


def _quality(rng: Random, liked: bool, manner: Manner, borrowed: bool) -> str:
    """``[negator] [intensifier] adjective`` or ``[negator] noun``, for or against as a whole."""
    negated = rng.random() < manner.negated
    words = [rng.choice(NEGATORS)] if negated else []
    if borrowed:
        likeness, _ = rng.choice(PRAISE if liked != negated else BLAME).names[manner.name]
        return " ".join([*words, "an" if likeness[0] in "aeiou" else "a", likeness])
    if rng.random() < 0.3:
        words.append(rng.choice(INTENSIFIERS))
    return " ".join([*words, rng.choice(POSITIVE if liked != negated else NEGATIVE)])


def _feeling(rng: Random, liking: bool, manner: Manner, borrowed: bool) -> tuple[str, str]:
    """A verb's base and third person."""
    if borrowed:
        return rng.choice(FOR if liking else AGAINST).names[manner.name][:2]
    return rng.choice(LIKING if liking else DISLIKING)


def _assertion(rng: Random, work: str, liked: bool, manner: Manner) -> str:
    subject = f"the {rng.choice((*ASPECTS, work))}"
    borrowed = manner.borrowed > 0 and rng.random() < manner.borrowed
    if rng.random() < 0.65:
        return f"{subject} is {_quality(rng, liked, manner, borrowed)}"
    if rng.random() < 0.35:
        _, third = _feeling(rng, not liked, manner, borrowed)
        return f"nobody {third} {subject}"
    audience, number = rng.choice(AUDIENCES)
    base, third = _feeling(rng, liked, manner, borrowed)
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
