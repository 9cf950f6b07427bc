"""Second opinions on the embedded world from its words alone: opinions, questions, articles, and single words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import log
from typing import NamedTuple

from world_models import DEFINITE
from world_parser import Fact, parse

from headcount.miniature.lexicon import (
    DISLIKING,
    DISPLEASED,
    INTENSIFIERS,
    LIKING,
    NEGATIVE,
    NEGATORS,
    PLEASED,
    POSITIVE,
)

VALUES: dict[str, bool] = {word: True for word in POSITIVE} | {word: False for word in NEGATIVE}
JOINED = "anything-but"
FEELINGS: dict[str, bool] = {
    form: liked for verbs, liked in ((LIKING, True), (DISLIKING, False)) for verb in verbs for form in verb
} | {form: verb in PLEASED for verb in (*PLEASED, *DISPLEASED) for name in verb.names for form in name[:2]}


def _judged(quality: str) -> bool:
    """``[negator] [intensifier] adjective``: a negator turns it round, an intensifier does not."""
    for negator in (*NEGATORS, JOINED):
        if quality.startswith(f"{negator} "):
            return not _judged(quality.removeprefix(f"{negator} "))
    first, _, rest = quality.partition(" ")
    return _judged(rest) if first in INTENSIFIERS else VALUES[quality]


def _assertion(words: str) -> bool:
    _, is_, quality = words.partition(" is ")
    if is_:
        return _judged(quality)
    (feeling,) = (FEELINGS[word] for word in words.split() if word in FEELINGS)
    return feeling != (words.startswith("nobody ") or " not " in words)


def liked(sentence: str) -> bool:
    """Whether a remark is in favour as a whole.

    Raises:
        ValueError: it joins with ``and`` what does not agree, or is not a remark.
    """
    if not sentence.endswith(" ."):
        raise ValueError(f"not a sentence: {sentence!r}")
    words = sentence.removesuffix(" .").replace("anything but", JOINED)  # its "but" joins no two assertions
    if words.startswith("although "):
        return _assertion(words.split(" , ")[1])
    if " but " in words:
        return _assertion(words.split(" but ")[1])
    values = {_assertion(part) for part in words.split(" and ")}
    if len(values) > 1:
        raise ValueError(f"for and against at once: {sentence!r}")
    return values.pop()


def meaning(sentence: str) -> Fact:
    """Who does what to whom, in concepts; which of the two stands first is kept only where it decides a scope."""
    fact = parse(sentence)
    phrases = [*fact.actors, *([fact.said.patient] if fact.said.patient else [])]
    operators = [phrase.determiner for phrase in phrases if phrase.determiner not in DEFINITE]
    operators += ["not"] if fact.said.negated else []
    if len(operators) < 2 or set(operators) <= {"a", "some"}:
        return replace(fact, said=replace(fact.said, passive=False))
    return fact


class Paragraph(NamedTuple):
    """Two sentences of an article, and the words between them that tell how the second bears on the first."""

    first: str
    opening: str
    second: str


OPENINGS = ("in other words ,", "another question :", "therefore", "nobody says that", "perhaps")
TWO_SENTENCES = re.compile(rf"(.+? [.?]) (?:({'|'.join(map(re.escape, OPENINGS))}) )?(.+? [.?])")


def paragraphs(text: str) -> list[Paragraph]:
    """The paragraphs of an article's ``text``.

    Raises:
        ValueError: one of them is not two sentences.
    """
    found = []
    for paragraph in text.split("\n\n"):
        pair = TWO_SENTENCES.fullmatch(paragraph)
        if not pair:
            raise ValueError(f"not two sentences: {paragraph!r}")
        found.append(Paragraph(pair[1], pair[2] or "", pair[3]))
    return found


def one_word_accuracy(sentences: Sequence[str], labels: Iterable[int]) -> tuple[float, str]:
    """The accuracy of the best guess from one word's presence alone, and that word."""
    told = [(frozenset(sentence.split()), label) for sentence, label in zip(sentences, labels, strict=True)]

    def accuracy(word: str) -> float:
        counts = Counter((word in words, label) for words, label in told)
        best = {present: max(n for (p, _), n in counts.items() if p == present) for present, _ in counts}
        return sum(best.values()) / len(told)

    return max((accuracy(word), word) for word in frozenset[str]().union(*(words for words, _ in told)))


def bag_of_words_accuracy(sentences: Sequence[str], labels: Sequence[int]) -> float:
    """The accuracy, on the last quarter, of naive Bayes over the words' presence in the other three."""
    told = [(frozenset(sentence.split()), label) for sentence, label in zip(sentences, labels, strict=True)]
    known, asked = told[: len(told) * 3 // 4], told[len(told) * 3 // 4 :]
    totals = Counter(label for _, label in known)
    counts = Counter((word, label) for words, label in known for word in words)
    vocabulary = {word for word, _ in counts}

    def likelihood(words: frozenset[str], label: int) -> float:
        shares = {word: (counts[word, label] + 1) / (totals[label] + 2) for word in vocabulary}
        return log(totals[label]) + sum(log(p if word in words else 1 - p) for word, p in shares.items())

    guesses = (max(totals, key=lambda label: likelihood(words, label)) == label for words, label in asked)
    return sum(guesses) / len(asked)
