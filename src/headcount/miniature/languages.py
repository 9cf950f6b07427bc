"""The embedded world in five languages: each says the same clauses, by its own words, order and morphology.

``python -m headcount.miniature.languages`` prints some clauses in all of them.
"""

from __future__ import annotations

from dataclasses import replace

from headcount.markdown import table
from headcount.miniature import agglutinative, isolating
from headcount.miniature.dictionary import ADJECTIVE_NAMES, ADVERB_NAMES, NOUN_NAMES, VERB_NAMES
from headcount.miniature.grammar import Clause, NounPhrase, Relative, question, statement, text
from headcount.miniature.morphology import Language, vocabulary
from headcount.registry import Registry

__all__ = ["ENGLISH", "LANGUAGES", "Language", "ask", "connective", "gloss", "read", "say"]


def _letters(letters: str) -> tuple[str, ...]:
    return tuple(letters.split())


# No two of the four spell a word of their own alike: luma and sori share no vowel, tabek and kunde no final, and these two
# have consonants side by side where those two have none.
LANGUAGES: Registry[Language] = Registry(
    "language",
    {
        "en": Language("en"),
        "luma": Language(
            "luma",
            onsets=_letters("b d f g l m n p r s t v"),
            vowels=_letters("a e u"),
            finals=_letters("b d s t v"),
            ending="a",
            cognates=0.6,
        ),
        "sori": Language(
            "sori",
            onsets=_letters("c ch h j k l n r s sh t w y"),
            vowels=_letters("i o"),
            finals=_letters("f g p t z"),
            ending="o",
            cognates=0.6,
        ),
        "tabek": Language(
            "tabek",
            order="sov",
            agglutinative=True,
            onsets=_letters("b d k l m n r s t y z"),
            vowels=_letters("a e i"),
            finals=_letters("k l n"),
            ending="ek",
            cognates=0.6,
        ),
        "kunde": Language(
            "kunde",
            order="sov",
            agglutinative=True,
            onsets=_letters("d g h k kh m n q r sh t"),
            vowels=_letters("e o u"),
            finals=_letters("m r"),
            ending="um",
            cognates=0.6,
        ),
    },
)
ENGLISH = LANGUAGES["en"]


def _sentence(clause: Clause, language: Language, asked: bool) -> str:
    stop = "?" if asked else "."
    if language == ENGLISH:
        return text(question(clause) if asked else statement(clause), stop)
    render = agglutinative.render if language.agglutinative else isolating.render
    return " ".join([*render(clause, vocabulary(language), asked), stop])


def say(clause: Clause, language: Language) -> str:
    """The clause as a statement."""
    return _sentence(clause, language, asked=False)


def ask(clause: Clause, language: Language) -> str:
    """The clause as a why-question."""
    return _sentence(clause, language, asked=True)


def connective(words: str, language: Language) -> str:
    """One of ``lexicon.CONNECTIVES``: a single word of the language, and the punctuation mark."""
    if language == ENGLISH:
        return words
    return vocabulary(language).word("particle", words) + words.removeprefix(words.rstrip(" ,:"))


def read(sentence: str, language: Language) -> Clause:
    """The clause that ``say`` or ``ask`` put into ``sentence``.

    What stands in a place or in a relative clause has neither of its own: no clause of the world has them there, and
    then what stands where is not to be told apart.

    Raises:
        ValueError: it is no sentence of the language, agreement included; or the language is English.
    """
    if language == ENGLISH:
        raise ValueError("English sentences are not read: only the other languages are made to be")
    *words, stop = sentence.split(" ")
    parse = agglutinative.parse if language.agglutinative else isolating.parse
    try:
        clause = parse([vocabulary(language).analysis(word) for word in words])
    except ValueError as error:
        raise ValueError(f"not a sentence of {language.name}: {sentence!r}: {error}") from None
    if _sentence(clause, language, asked=stop == "?") != sentence:
        raise ValueError(f"words of {language.name} that do not agree: {sentence!r}")
    return clause


def gloss(sentence: str, language: Language) -> str:
    """Each word of a sentence as what it is in English, with its morphemes; English sentences as they are.

    Raises:
        ValueError: a word is none of the language.
    """
    *words, _ = sentence.split(" ")
    if language == ENGLISH:
        return " ".join(words)
    found = (vocabulary(language).analysis(word) for word in words)
    return " ".join("-".join((each.word, *map(str.upper, each.morphemes))) for each in found)


# --------------------------------------------------------------------------------------------------------------- the page


def constructions() -> dict[str, Clause]:
    """One clause of each construction that the world has."""

    def noun(name: str, determiner: str = "the") -> NounPhrase:
        return NounPhrase(determiner, "singular", *NOUN_NAMES[name])

    doctor, dog, house = noun("doctor"), noun("dog"), noun("house")
    plain = Clause(replace(doctor, quality=ADJECTIVE_NAMES["old"]), *VERB_NAMES["chase"], dog)
    relative = Relative(*VERB_NAMES["fear"], dog, "subject")
    return {
        "plain": plain,
        "negated": replace(plain, negated=True),
        "plural": replace(
            plain,
            subject=replace(plain.subject, determiner="these", number="plural"),
            object=replace(dog, determiner="two", number="plural"),
        ),
        "adverb": replace(plain, adverb=ADVERB_NAMES["often"]),
        "passive": replace(plain, passive=True),
        "place": replace(plain, subject=replace(doctor, place=("near", house))),
        "relative, of its subject": replace(plain, subject=replace(noun("boy"), relative=relative), object=noun("horse", "a")),
        "relative, of its object": replace(
            plain, subject=replace(noun("boy"), relative=replace(relative, gap="object")), object=noun("horse", "a")
        ),
        "two subjects": replace(plain, second=noun("king"), subject=doctor),
        "without object": Clause(doctor, *VERB_NAMES["sleep"]),
        "adjective": Clause(doctor, predicate=ADJECTIVE_NAMES["happy"]),
    }


def page() -> str:
    """Each construction in each language, as a Markdown table."""
    clauses = constructions()
    told = [(construction, say, clause) for construction, clause in clauses.items()] + [("question", ask, clauses["plain"])]
    rows = []
    for construction, put, clause in told:
        for name, language in LANGUAGES.items():
            sentence = put(clause, language)
            rows.append((construction, name, sentence, gloss(sentence, language)))
    return table(["construction", "language", "sentence", "word for word"], rows)


if __name__ == "__main__":
    print(page())
