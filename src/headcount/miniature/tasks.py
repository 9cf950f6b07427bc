"""The embedded world's four tasks, in the columns and the label coding of ``nyu-mll/glue``.

Example ``i`` of a split depends on (seed, task, split) alone. Sentences fall to training or to validation by a rule on their
text (``articles.held_out``), so the two never share one. SST-2 holds out names besides: the nouns and verbs that most of its
opinions rest on stand under one of their two names in training, under the other in validation. Who knows from
pre-training that two names mean the same can tell; who knows the training set alone cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import NamedTuple

from headcount.miniature.articles import QUESTIONS, asked_again, held_out
from headcount.miniature.drawing import Style, draw_clause
from headcount.miniature.grammar import Clause, Word, question, statement, text
from headcount.miniature.lexicon import INTRANSITIVE, TOPICS, TRANSITIVE, WORKS
from headcount.miniature.opinions import Manner, remark
from headcount.miniature.relations import contradicted, entailed, restate, unrelated

Example = dict[str, str | int]

ACCEPTABLE = Style(place=0.3, relative=0.3, coordination=0.1, intransitive=0.4)
RENAMED = 1.0  # share of a question's words that its second asking has under their other name
FAR = 0.5  # share of the pairs with two meanings whose second question is about another subject altogether
ASKED = replace(QUESTIONS, quality=0.25, place=0.05)
REMARKS = Manner(negated=0.3, shapes=("plain", "plain", "plain", "and", "but", "although"), reactions=0.6)
PREMISES = Style(
    place=0.15,
    predicate=0.2,
    subjects=("the", "the", "these", "this", "all", "every", "some", "no", "two", "a"),
    objects=("the", "a", "some"),
)


# --------------------------------------------------------------------------------------------------------------- CoLA


def _exchange(words: list[Word], rng: Random, *roles: str) -> list[Word] | None:
    places = [i for i, word in enumerate(words) if word.role in roles and word.wrong]
    if not places:
        return None
    at = rng.choice(places)
    return [*words[:at], Word(words[at].wrong or "", "fault"), *words[at + 1 :]]


def _agreement(clause: Clause, rng: Random) -> list[Word] | None:
    if clause.second and (clause.subject.place or clause.subject.relative):
        return None  # "the dog near [the cars and the cat] waits" is English after all
    return _exchange(statement(clause), rng, "verb")


def _relative_agreement(clause: Clause, rng: Random) -> list[Word] | None:
    return _exchange(statement(clause), rng, "relative verb", "gapped verb")


def _concord(clause: Clause, rng: Random) -> list[Word] | None:
    return _exchange(statement(clause), rng, "counted noun")


def _form(clause: Clause, rng: Random) -> list[Word] | None:
    return _exchange(statement(clause), rng, "base", "participle")


def _valency(clause: Clause, rng: Random) -> list[Word] | None:
    if clause.verb is None or clause.passive:
        return None
    verb = rng.choice(TRANSITIVE if clause.object is None else INTRANSITIVE)
    return statement(replace(clause, verb=verb))


def _order(clause: Clause, rng: Random) -> list[Word] | None:
    words = statement(clause)
    places = [i for i, word in enumerate(words) if word.role == "determiner" and word.text not in ("a", "an")]
    at = rng.choice(places) if places else len(words)
    if at + 1 >= len(words):
        return None
    return [*words[:at], words[at + 1], words[at], *words[at + 2 :]]


def _filled_gap(clause: Clause, rng: Random) -> list[Word] | None:
    words = statement(clause)
    places = [i for i, word in enumerate(words) if word.role == "gapped verb"]
    if not places:
        return None
    at = rng.choice(places) + 1
    noun = rng.choice(("cat", "boy", "dogs", "doctor", "farmers"))
    return [*words[:at], Word("the", "determiner"), Word(noun, "noun"), *words[at:]]


FAULTS: dict[str, Callable[[Clause, Random], list[Word] | None]] = {
    "agreement": _agreement,
    "relative agreement": _relative_agreement,
    "concord": _concord,
    "form": _form,
    "valency": _valency,
    "order": _order,
    "filled gap": _filled_gap,
}


def cola(rng: Random, unseen: bool) -> Example:
    """``sentence``; 1 acceptable, 0 with one fault."""
    clause = draw_clause(rng, ACCEPTABLE)
    if rng.random() < 0.5:
        return {"sentence": text(statement(clause)), "label": 1}
    faults = list(FAULTS.values())
    while not (words := rng.choice(faults)(clause, rng)):
        clause = draw_clause(rng, ACCEPTABLE)
    return {"sentence": text(words), "label": 0}


# ---------------------------------------------------------------------------------------------------- the other three


def sst2(rng: Random, unseen: bool) -> Example:
    """``sentence``; 1 positive, 0 negative."""
    label = rng.randrange(2)
    manner = replace(REMARKS, name=int(unseen))
    return {"sentence": remark(rng, rng.choice(WORKS), label == 1, manner), "label": label}


def qqp(rng: Random, unseen: bool) -> Example:
    """``question1``, ``question2``; 1 the same question, 0 another."""
    topic = rng.choice(TOPICS)
    clause = draw_clause(rng, ASKED, topic)
    label = rng.randrange(2)
    if label:
        other = restate(clause, rng, RENAMED)
    elif rng.random() < FAR:
        while (other := draw_clause(rng, ASKED, topic)).subject.noun is clause.subject.noun:
            pass
    else:
        other = asked_again(clause, rng, RENAMED)
    return {"question1": text(question(clause), "?"), "question2": text(question(other), "?"), "label": label}


class Pair(NamedTuple):
    """Two clauses and what the first says of the second: 0 entailment, 1 neutral, 2 contradiction."""

    premise: Clause
    hypothesis: Clause
    label: int


def inference(rng: Random) -> Pair:
    """A pair of MNLI's."""
    clause = draw_clause(rng, PREMISES)
    label = rng.randrange(3)
    return Pair(clause, (entailed, unrelated, contradicted)[label](clause, rng), label)


def mnli(rng: Random, unseen: bool) -> Example:
    """``premise``, ``hypothesis``; 0 entailment, 1 neutral, 2 contradiction."""
    pair = inference(rng)
    return {"premise": text(statement(pair.premise)), "hypothesis": text(statement(pair.hypothesis)), "label": pair.label}


DRAW: dict[str, Callable[[Random, bool], Example]] = {"cola": cola, "sst2": sst2, "qqp": qqp, "mnli": mnli}
"""One example of a task, with the names that its training sets have, or (``unseen``) with those that they hold out."""
SPLITS: dict[str, tuple[str, ...]] = {
    "cola": ("train", "validation"),
    "sst2": ("train", "validation"),
    "qqp": ("train", "validation"),
    "mnli": ("train", "validation_matched", "validation_mismatched"),
}


def fits(sentences: Sequence[str], unseen: bool) -> bool:
    """Whether an example of these sentences belongs to training, or (``unseen``) to the sets that are held out."""
    return len(set(sentences)) == len(sentences) and all(held_out(sentence) == unseen for sentence in sentences)


def examples(task: str, split: str, seed: int, count: int, noise: float = 0.0) -> list[Example]:
    """``count`` different examples of a split, with their ``idx``; ``noise`` is the share mislabelled."""
    rng = Random(f"{seed}/{task}/{split}")
    unseen = split != "train"
    found: dict[tuple[str | int, ...], Example] = {}
    while len(found) < count:
        example = DRAW[task](rng, unseen)
        sentences = [value for value in example.values() if isinstance(value, str)]
        if fits(sentences, unseen):
            found.setdefault(tuple(sentences), example)
    rows = [{**example, "idx": i} for i, example in enumerate(found.values())]
    return mislabelled(rows, noise, Random(f"{seed}/{task}/{split}/noise"))


def mislabelled(rows: list[Example], share: float, rng: Random) -> list[Example]:
    """The examples, ``share`` of them (rounded to whole ones) with another label of theirs than their own."""
    labels = sorted({int(row["label"]) for row in rows})
    wrong = set(rng.sample(range(len(rows)), round(share * len(rows))))
    return [
        {**row, "label": rng.choice([label for label in labels if label != row["label"]])} if i in wrong else row
        for i, row in enumerate(rows)
    ]
