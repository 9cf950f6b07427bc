"""The embedded world's corpus: articles in the columns of ``wikimedia/wikipedia``, which restate their own facts.

Article ``i`` of a language depends on (seed, language, ``i``) alone. A story keeps to one topic and says each fact twice or
more, in other words, or in those of another language; a review, in English alone, keeps to one verdict. So a masked word can
be found by whoever finds its partner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from random import Random
from typing import NamedTuple

from headcount.miniature.drawing import Style, draw_clause
from headcount.miniature.grammar import Clause
from headcount.miniature.languages import ENGLISH, LANGUAGES, Language, ask, connective, say
from headcount.miniature.lexicon import CONNECTIVES, TOPICS, WORKS
from headcount.miniature.opinions import remark
from headcount.miniature.relations import changed, contradicted, entailed, restate, swapped, unrelated

FACTS = Style(relative=0.06, coordination=0.05)
QUESTIONS = Style(place=0.1, subjects=("the", "this", "some", "two", "a", "these"), negated=0.1)
VALIDATION_SHARE = 4


def held_out(sentence: str) -> bool:
    """Whether a sentence belongs to the validation sets: a rule on its text, so that no other set ever holds it."""
    return sha256(sentence.encode()).digest()[0] % VALIDATION_SHARE == 0


def asked_again(clause: Clause, rng: Random, share: float = 0.8) -> Clause:
    """The clause of a question that looks like the question about ``clause`` restated, and asks another thing."""
    exchanged = swapped(clause)
    if exchanged and rng.random() < 0.5:
        return restate(exchanged, rng, share)
    return restate(changed(clause, rng), rng, share)


class Told(NamedTuple):
    """What a paragraph of a story tells: two clauses (or questions), and how the second bears on the first."""

    first: Clause
    relation: str
    second: Clause
    asked: bool

    def sentences(self, first: Language, second: Language) -> tuple[str, str]:
        put = ask if self.asked else say
        return put(self.first, first), put(self.second, second)

    def text(self, first: Language, second: Language) -> str:
        """The paragraph, with each of its sentences in a language; the words between them are the second's."""
        opening, closing = self.sentences(first, second)
        return f"{opening} {connective(CONNECTIVES[self.relation], second)} {closing}"


def told(rng: Random, topic: str) -> Told:
    """A fact and what follows from it, or a question asked twice."""
    kind = rng.choice(("same", "same", "follows", "denied", "open", "question", "question"))
    if kind == "question":
        clause = draw_clause(rng, QUESTIONS, topic)
        if rng.random() < 0.6:
            return Told(clause, "same", restate(clause, rng), asked=True)
        return Told(clause, "other", asked_again(clause, rng), asked=True)
    clause = draw_clause(rng, FACTS, topic)
    if kind != "same" and clause.second:
        kind = "same"
    other = {"same": restate, "follows": entailed, "denied": contradicted, "open": unrelated}[kind]
    return Told(clause, kind, other(clause, rng), asked=False)


def _paragraphs(draw: Callable[[], tuple[tuple[str, str], str]], count: int) -> Iterator[str]:
    """Paragraphs of which no sentence is held out; ``draw`` gives the two sentences in English, and the paragraph."""
    while count:
        sentences, paragraph = draw()
        if not any(map(held_out, sentences)):
            count -= 1
            yield paragraph


def article(
    seed: int, number: int, language: str = "en", translated: float = 0.0, others: Mapping[str, float] | None = None
) -> dict[str, str]:
    """Article ``number`` of the world ``seed``: ``id``, ``url``, ``title``, ``text`` (paragraphs apart by empty lines).

    Args:
        language: by its name in ``LANGUAGES``; one other than English has no reviews.
        translated: share of the stories' second sentences that are in another language; the same facts are told whatever it is.
        others: that other language is drawn among these, by their weights.

    Raises:
        UnknownName: there is no such language.
    """
    spoken = LANGUAGES[language]
    page = str(number) if spoken == ENGLISH else f"{language}/{number}"
    rng, translating = Random(f"{seed}/{page}"), Random(f"{seed}/{page}/translated")
    if spoken == ENGLISH and rng.random() < 0.25:
        work, liked = rng.choice(WORKS), rng.random() < 0.5
        title = f"review of the {work}"

        def draw() -> tuple[tuple[str, str], str]:
            sentences = remark(rng, work, liked), remark(rng, work, liked)
            return sentences, " ".join(sentences)
    else:
        topic = rng.choice(TOPICS)
        title = f"at the {topic}"

        def draw() -> tuple[tuple[str, str], str]:
            pair, second = told(rng, topic), spoken
            if others and translating.random() < translated:
                second = LANGUAGES[translating.choices(list(others), list(others.values()))[0]]
            return pair.sentences(ENGLISH, ENGLISH), pair.text(spoken, second)

    body = "\n\n".join(_paragraphs(draw, rng.randint(4, 8)))
    url = f"https://example.org/{seed}/{page}"
    return {"id": page.replace("/", "-"), "url": url, "title": title, "text": body}


def articles(
    seed: int, first: int, count: int, shares: Mapping[str, float], translated: float = 0.0
) -> Iterator[dict[str, str]]:
    """A corpus of several languages: of each, articles ``first`` … as many as its share of ``count``, to the nearest.

    Args:
        shares: articles of each language for one of ``count``.
        translated: share of the stories' second sentences that are in another of the languages, which is drawn in
            proportion to their shares; so a language of few articles stays rare, and one of none is never written.

    Raises:
        UnknownName: there is no such language.
    """
    for language, share in shares.items():
        others = {other: weight for other, weight in shares.items() if other != language and weight > 0}
        for number in range(first, first + round(share * count)):
            yield article(seed, number, language, translated, others)
