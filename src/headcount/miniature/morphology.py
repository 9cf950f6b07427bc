"""Words of the languages beside English: stems and suffixes spelled from hashes, and words taken apart again.

A stem ends in a letter in which no suffix ends (isolating: stems in a vowel, suffixes in a consonant; agglutinative: the
other way round), and no suffix is the end of another. So whoever takes suffixes off a word from its right knows each of
them, and when to stop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from typing import Literal, NamedTuple

from headcount.miniature.dictionary import AGGLUTINATIVE, CONTENT, ENGLISH_WORDS, ISOLATING, SHARED, Lexeme, Part
from headcount.miniature.lexicon import PREPOSITIONS

VOWELS = "aeiou"


@dataclass(frozen=True)
class Language:
    """A language of the embedded world, which has grammars for two kinds: isolating SVO and agglutinative SOV.

    Args:
        order: of subject, verb and object.
        agglutinative: whether suffixes chain (number, case, voice, negation, agreement); else words stand alone, but for
            a plural and agreement.
        onsets: what a syllable begins with; one vowel follows.
        finals: the consonants that a word may end in.
        ending: of a stem that is kept from English.
        cognates: share of the nouns, verbs, adjectives and adverbs that are kept from English.

    Raises:
        ValueError: there is no grammar for that order and morphology, or a stem might end as suffixes do.
    """

    name: str
    order: Literal["svo", "sov"] = "svo"
    agglutinative: bool = False
    onsets: tuple[str, ...] = ()
    vowels: tuple[str, ...] = ()
    finals: tuple[str, ...] = ()
    ending: str = ""
    cognates: float = 1.0

    def __post_init__(self) -> None:
        if (self.order == "sov") != self.agglutinative:
            kind = "agglutinative" if self.agglutinative else "isolating"
            raise ValueError(f"{self.name}: no grammar is {kind} {self.order}: allowed are isolating svo, agglutinative sov")
        ends, others = (self.finals, self.vowels) if self.agglutinative else (self.vowels, self.finals)
        if (self.ending and self.ending[-1] not in ends) or set(ends) & set(others):
            raise ValueError(
                f"{self.name}: a stem must end in one of {ends}, which no suffix does: they end in one of {others}"
            )


class Analysis(NamedTuple):
    """A word taken apart: its lexeme, and the morphemes of its suffixes in their order."""

    part: Part
    word: str
    morphemes: tuple[str, ...]


def morphemes(language: Language) -> tuple[str, ...]:
    """What the language has suffixes for.

    Place cases go by the English preposition; ``doer`` and ``done`` make participles of a verb, of who does it and of whom
    it is done to.
    """
    if language.agglutinative:
        cases = ("acc", "gen", "com", "agent", *PREPOSITIONS)
        return ("pl", *cases, "pass", "neg", "3sg", "3pl", "doer", "done")
    return ("pl", "3sg", "3pl", "done")


@dataclass(frozen=True)
class Vocabulary:
    """A language's stems, suffixes by their morphemes, and the lexemes whose stems are kept from English."""

    stems: dict[Lexeme, str]
    suffixes: dict[str, str]
    cognates: frozenset[Lexeme]

    def word(self, part: Part, word: str, *morphemes: str) -> str:
        """The stem with its suffixes; an empty morpheme has none."""
        return self.stems[Lexeme(part, word)] + "".join(self.suffixes[m] for m in morphemes if m)

    @cached_property
    def _lexemes(self) -> dict[str, Lexeme]:
        return {stem: lexeme for lexeme, stem in self.stems.items()}

    def analysis(self, word: str) -> Analysis:
        """The one way to take ``word`` apart.

        Raises:
            ValueError: it is no word of the language.
        """
        stem, found = split(word, self.suffixes)
        if stem not in self._lexemes:
            raise ValueError(f"no such word: {word!r}")
        return Analysis(*self._lexemes[stem], found)


def split(word: str, suffixes: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    """A word's stem, and the morphemes of the suffixes behind it."""
    found: list[str] = []
    while last := next((morpheme for morpheme, suffix in suffixes.items() if word.endswith(suffix)), None):
        word = word.removesuffix(suffixes[last])
        found.insert(0, last)
    return word, tuple(found)


def _spelled(key: str, pattern: Sequence[Sequence[str]]) -> str:
    """A letter (or two) of each of the pattern's choices, by a hash of the key."""
    digest = sha256(key.encode()).digest()
    return "".join(choices[byte % len(choices)] for choices, byte in zip(pattern, digest, strict=False))


def _first(key: str, pattern: Callable[[int], Sequence[Sequence[str]]], fits: Callable[[str], bool]) -> str:
    """The first of the spellings ``key/0``, ``key/1``, … that fits.

    Raises:
        ValueError: a thousand do not.
    """
    for attempt in range(1000):
        spelling = _spelled(f"{key}/{attempt}", pattern(attempt))
        if fits(spelling):
            return spelling
    raise ValueError(f"{key}: the language has too few letters to spell it")


def _share(key: str) -> float:
    """A number in [0, 1) that is the key's own."""
    return int.from_bytes(sha256(key.encode()).digest()[:4], "big") / 2**32


def _kept(lexeme: Lexeme, language: Language) -> str:
    """The English stem, without a last vowel, and the language's ending."""
    stem = lexeme.word[:-1] if lexeme.word[-1] in VOWELS else lexeme.word
    return stem + language.ending


def _suffixes(language: Language) -> dict[str, str]:
    pattern = (language.onsets, language.vowels) if language.agglutinative else (language.finals,)
    suffixes: dict[str, str] = {}
    for morpheme in morphemes(language):

        def fits(form: str) -> bool:
            return not any(form.endswith(other) or other.endswith(form) for other in suffixes.values())

        suffixes[morpheme] = _first(f"{language.name}/-{morpheme}", lambda _: pattern, fits)
    return suffixes


@cache
def vocabulary(language: Language) -> Vocabulary:
    """All words of a language other than English; content stems have two or three syllables, the others one if they can."""
    suffixes = _suffixes(language)
    particles = (*SHARED, *(AGGLUTINATIVE if language.agglutinative else ISOLATING))
    taken = {split(word, suffixes)[0] for word in ENGLISH_WORDS}
    stems: dict[Lexeme, str] = {}
    cognates = set()
    for lexeme in CONTENT:
        if _share(f"{language.name}/{lexeme}/kept") < language.cognates and (stem := _kept(lexeme, language)) not in taken:
            cognates.add(lexeme)
            stems[lexeme] = stem
            taken.add(stem)
    for lexeme in (*particles, *CONTENT):
        if lexeme in cognates:
            continue
        key = f"{language.name}/{lexeme.part}/{lexeme.word}"
        shortest = 2 + (_share(key) < 1 / 3) if lexeme in CONTENT else 1

        def pattern(attempt: int, shortest: int = shortest) -> Sequence[Sequence[str]]:
            syllables = (language.onsets, language.vowels) * (shortest + attempt // 8)
            return (*syllables, language.finals) if language.agglutinative else syllables

        stems[lexeme] = _first(key, pattern, lambda form: form not in taken)
        taken.add(stems[lexeme])
    return Vocabulary(stems, suffixes, frozenset(cognates))
