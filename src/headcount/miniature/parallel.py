"""Parallel test sets of inference, as XNLI's: in every language the same pairs of clauses in the same order."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from headcount.miniature.languages import ENGLISH, LANGUAGES, say
from headcount.miniature.tasks import Example, Pair, fits, inference


def pairs(seed: int, count: int, split: str) -> list[Pair]:
    """``count`` different pairs of a split; what is held out is told by their sentences in English."""
    rng = Random(f"{seed}/mnli/{split}")
    found: dict[tuple[str, str], Pair] = {}
    while len(found) < count:
        pair = inference(rng)
        sentences = say(pair.premise, ENGLISH), say(pair.hypothesis, ENGLISH)
        if fits(sentences, split != "train"):
            found.setdefault(sentences, pair)
    return list(found.values())


def parallel(seed: int, count: int, languages: Iterable[str], split: str = "test") -> dict[str, list[Example]]:
    """For each language ``count`` examples in MNLI's columns: ``premise``, ``hypothesis``, ``label``, ``idx``.

    Args:
        languages: by their names in ``LANGUAGES``.
        split: ``test``, or one of MNLI's: then English's are the examples of ``tasks.examples``.

    Raises:
        UnknownName: there is no such language.
    """
    spoken = {name: LANGUAGES[name] for name in languages}
    drawn = pairs(seed, count, split)
    return {
        name: [
            {
                "premise": say(pair.premise, language),
                "hypothesis": say(pair.hypothesis, language),
                "label": pair.label,
                "idx": idx,
            }
            for idx, pair in enumerate(drawn)
        ]
        for name, language in spoken.items()
    }
