"""The embedded world's corpus: articles in the columns of ``wikimedia/wikipedia``, which restate their own facts.

Article ``i`` depends on (seed, ``i``) alone. A story keeps to one topic and says each fact twice or more, in other words;
a review keeps to one verdict. So a masked word can be found by whoever finds its partner.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from random import Random

from headcount.miniature.drawing import Style, draw_clause
from headcount.miniature.grammar import Clause, question, statement, text
from headcount.miniature.lexicon import TOPICS, WORKS
from headcount.miniature.opinions import remark
from headcount.miniature.relations import changed, contradicted, entailed, restate, swapped, unrelated

FACTS = Style(relative=0.06, coordination=0.05)
QUESTIONS = Style(place=0.1, subjects=("the", "this", "some", "two", "a", "these"), negated=0.1)
VALIDATION_SHARE = 4


def held_out(sentence: str) -> bool:
    """Whether a sentence belongs to the validation sets: a rule on its text, so that no other set ever holds it."""
    return sha256(sentence.encode()).digest()[0] % VALIDATION_SHARE == 0


def _stated(clause: Clause) -> str:
    return text(statement(clause))


def _asked(clause: Clause) -> str:
    return text(question(clause), "?")


def asked_again(clause: Clause, rng: Random, share: float = 0.8) -> Clause:
    """The clause of a question that looks like the question about ``clause`` restated, and asks another thing."""
    exchanged = swapped(clause)
    if exchanged and rng.random() < 0.5:
        return restate(exchanged, rng, share)
    return restate(changed(clause, rng), rng, share)


def _paragraph(rng: Random, topic: str) -> list[str]:
    """A fact and what follows from it, or a question asked twice; the first words of the second tell the relation."""
    kind = rng.choice(("same", "same", "follows", "denied", "open", "question", "question"))
    if kind == "question":
        clause = draw_clause(rng, QUESTIONS, topic)
        if rng.random() < 0.6:
            return ["", _asked(clause), "in other words , ", _asked(restate(clause, rng))]
        return ["", _asked(clause), "another question : ", _asked(asked_again(clause, rng))]
    clause = draw_clause(rng, FACTS, topic)
    opening, other = {
        "same": ("in other words , ", restate),
        "follows": ("therefore ", entailed),
        "denied": ("nobody says that ", contradicted),
        "open": ("perhaps ", unrelated),
    }[kind]
    if kind != "same" and clause.second:
        opening, other = "in other words , ", restate
    return ["", _stated(clause), opening, _stated(other(clause, rng))]


def _paragraphs(rng: Random, draw, count: int) -> Iterator[str]:  # type: ignore[no-untyped-def]
    while count:
        pieces = draw()
        if not any(held_out(sentence) for sentence in pieces[1::2]):
            count -= 1
            yield " ".join(opening + sentence for opening, sentence in zip(pieces[::2], pieces[1::2], strict=True))


def article(seed: int, number: int) -> dict[str, str]:
    """Article ``number`` of the world ``seed``: ``id``, ``url``, ``title``, ``text`` (paragraphs apart by empty lines)."""
    rng = Random(f"{seed}/{number}")
    if rng.random() < 0.25:
        work, liked = rng.choice(WORKS), rng.random() < 0.5
        title = f"review of the {work}"

        def draw() -> list[str]:
            return [piece for _ in range(2) for piece in ("", remark(rng, work, liked))]
    else:
        topic = rng.choice(TOPICS)
        title = f"at the {topic}"

        def draw() -> list[str]:
            return _paragraph(rng, topic)

    body = "\n\n".join(_paragraphs(rng, draw, rng.randint(4, 8)))
    return {"id": str(number), "url": f"https://example.org/{seed}/{number}", "title": title, "text": body}
