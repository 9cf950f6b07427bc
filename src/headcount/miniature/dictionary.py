"""What the languages beside English have words for, by what it is in English; and the words of English."""

from __future__ import annotations

from typing import Literal, NamedTuple

from headcount.miniature.grammar import Quality
from headcount.miniature.lexicon import (
    ADJECTIVES,
    ADVERBS,
    ASPECTS,
    AUDIENCES,
    CONNECTIVES,
    DETERMINERS,
    DISLIKING,
    INTENSIFIERS,
    INTRANSITIVE,
    KINDS,
    LIKING,
    NEGATIVE,
    NEGATORS,
    NOUNS,
    POSITIVE,
    PREPOSITIONS,
    TRANSITIVE,
    WORKS,
    Noun,
    Verb,
)

Part = Literal["noun", "verb", "adjective", "adverb", "determiner", "preposition", "particle"]


class Lexeme(NamedTuple):
    """A word of the dictionary, by its part of speech and by what it is in English."""

    part: Part
    word: str


NOUN_NAMES: dict[str, tuple[Noun, int]] = {
    forms[0]: (noun, name) for noun in (*NOUNS, *KINDS.values()) for name, forms in enumerate(noun.names)
}
VERB_NAMES: dict[str, tuple[Verb, int]] = {
    forms[0]: (verb, name) for verb in (*TRANSITIVE, *INTRANSITIVE) for name, forms in enumerate(verb.names)
}
ADJECTIVE_NAMES: dict[str, Quality] = {
    word: Quality(adjective, name) for adjective in ADJECTIVES for name, word in enumerate(adjective.names)
}
ADVERB_NAMES: dict[str, tuple[int, int]] = {
    word: (adverb, name) for adverb, names in enumerate(ADVERBS) for name, word in enumerate(names)
}

CONTENT: tuple[Lexeme, ...] = (
    *(Lexeme("noun", word) for word in NOUN_NAMES),
    *(Lexeme("verb", word) for word in VERB_NAMES),
    *(Lexeme("adjective", word) for word in ADJECTIVE_NAMES),
    *(Lexeme("adverb", word) for word in ADVERB_NAMES),
)
SHARED = (
    *(Lexeme("determiner", word) for word in DETERMINERS),
    *(Lexeme("particle", word) for word in ("why", *CONNECTIVES.values())),
)
ISOLATING = (
    *(Lexeme("preposition", word) for word in PREPOSITIONS),
    *(Lexeme("particle", word) for word in ("be", "not", "and", "that", "by")),
)
AGGLUTINATIVE = (Lexeme("particle", "at"),)

ENGLISH_WORDS: frozenset[str] = frozenset(
    " ".join(
        (
            *(form for noun in (*NOUNS, *KINDS.values()) for name in noun.names for form in name),
            *(form for verb in (*TRANSITIVE, *INTRANSITIVE) for name in verb.names for form in name),
            *(form for verb in (*LIKING, *DISLIKING) for form in verb),
            *(*ADJECTIVE_NAMES, *ADVERB_NAMES, *PREPOSITIONS, *DETERMINERS, *CONNECTIVES.values()),
            *(*POSITIVE, *NEGATIVE, *INTENSIFIERS, *NEGATORS, *WORKS, *ASPECTS, *(audience for audience, _ in AUDIENCES)),
            "an is are does do not and that by why nobody although but",
        )
    ).split()
)
