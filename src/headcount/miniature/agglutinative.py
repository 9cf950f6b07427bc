"""Agglutinative SOV languages: clauses in words, and back.

Everything stands before what it belongs to: relative clauses are participles, places are cases that ``at`` ties to the
noun. A noun's suffixes are number and case, a verb's voice, negation and agreement; the comitative is "and".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from headcount.miniature.dictionary import ADJECTIVE_NAMES, ADVERB_NAMES, NOUN_NAMES, VERB_NAMES
from headcount.miniature.grammar import Clause, NounPhrase, Quality, Relative
from headcount.miniature.lexicon import ADVERBS, PREPOSITIONS, Number
from headcount.miniature.morphology import Analysis, Vocabulary

GAPS = {"subject": ("acc", "doer"), "object": ("gen", "done")}
"""What a relative clause lacks: the case of the noun phrase that it has, and the participle."""


def _phrase(phrase: NounPhrase, of: Vocabulary, case: str = "") -> list[str]:
    words: list[str] = []
    if relative := phrase.relative:
        other, participle = GAPS[relative.gap]
        words += [*_phrase(relative.other, of, other), of.word("verb", relative.verb.names[relative.name][0], participle)]
    if phrase.place:
        preposition, where = phrase.place
        words += [*_phrase(where, of, preposition), of.word("particle", "at")]
    words.append(of.word("determiner", phrase.determiner))
    if phrase.quality:
        words.append(of.word("adjective", phrase.quality.text))
    plural = "pl" if phrase.number == "plural" else ""
    return [*words, of.word("noun", phrase.noun.names[phrase.name][0], plural, case)]


def _subject(clause: Clause, of: Vocabulary, case: str = "") -> tuple[list[str], Number]:
    if clause.second is None:
        return _phrase(clause.subject, of, case), clause.subject.number
    return [*_phrase(clause.subject, of, "com"), *_phrase(clause.second, of, case)], "plural"


def render(clause: Clause, of: Vocabulary, asked: bool) -> list[str]:
    """``subject [adverb] [object] verb [why]``, or ``object subject [adverb] verb [why]`` in the passive."""
    why = [of.word("particle", "why")] if asked else []
    actor, number = _subject(clause, of, "agent" if clause.passive else "")
    adverb = [of.word("adverb", ADVERBS[clause.adverb[0]][clause.adverb[1]])] if clause.adverb else []
    target = _phrase(clause.object, of, "" if clause.passive else "acc") if clause.object else []
    if clause.passive and clause.object:
        number = clause.object.number
    ends = ("neg" if clause.negated else "", "3pl" if number == "plural" else "3sg")
    if clause.predicate:
        return [*actor, of.word("adjective", clause.predicate.text, *ends), *why]
    assert clause.verb is not None
    said = of.word("verb", clause.verb.names[clause.name][0], "pass" if clause.passive else "", *ends)
    return [*target, *actor, *adverb, said, *why] if clause.passive else [*actor, *adverb, *target, said, *why]


class _Sentence:
    """What has been read of a sentence: noun phrases by case (``""``: none), and what waits for the noun that it describes."""

    def __init__(self) -> None:
        self.phrases: dict[str, NounPhrase] = {}
        self.adverb: tuple[int, int] | None = None
        self.determiner: str | None = None
        self.quality: Quality | None = None
        self.place: tuple[str, NounPhrase] | None = None
        self.relative: Relative | None = None

    def noun(self, noun: Analysis) -> None:
        """A noun ends its phrase.

        Raises:
            ValueError: it has no determiner, or the sentence has a phrase in that case already.
        """
        plural = "pl" in noun.morphemes
        case = "".join(morpheme for morpheme in noun.morphemes if morpheme != "pl")
        if self.determiner is None or case in self.phrases:
            raise ValueError(f"a second phrase in one case, or no determiner: {noun.word!r}")
        number: Number = "plural" if plural else "singular"
        self.phrases[case] = NounPhrase(
            self.determiner, number, *NOUN_NAMES[noun.word], self.quality, self.place, self.relative
        )
        self.determiner = self.quality = self.place = self.relative = None

    def take(self, case: str) -> NounPhrase:
        """The phrase in that case, which is then no part of the clause itself.

        Raises:
            ValueError: there is none.
        """
        if case not in self.phrases:
            raise ValueError(f"no noun phrase is {case or 'without a case'}")
        return self.phrases.pop(case)

    def at(self) -> None:
        """The last phrase is a place; a relative clause before it describes what stands at the place, not the place."""
        case = next(reversed(self.phrases), "")
        if case not in PREPOSITIONS:
            raise ValueError("no place before 'at'")
        where = self.take(case)
        self.relative = where.relative
        self.place = (case, replace(where, relative=None))

    def participle(self, verb: Analysis, gap: str) -> None:
        """The last phrase is in a relative clause."""
        self.relative = Relative(*VERB_NAMES[verb.word], self.take(GAPS[gap][0]), gap)

    def clause(self, last: Analysis) -> Clause:
        """The clause that ends on ``last``, a verb or an adjective."""
        passive, negated = "pass" in last.morphemes, "neg" in last.morphemes
        actor = self.take("agent" if passive else "")
        subject, second = (self.take("com"), actor) if "com" in self.phrases else (actor, None)
        if last.part == "adjective":
            clause = Clause(subject, predicate=ADJECTIVE_NAMES[last.word], negated=negated, second=second)
        else:
            target = self.take("") if passive else self.phrases.pop("acc", None)
            clause = Clause(subject, *VERB_NAMES[last.word], target, None, self.adverb, negated, passive, second)
        if self.phrases or self.determiner:
            raise ValueError("a noun phrase is left over")
        return clause


def parse(words: Iterable[Analysis]) -> Clause:
    """The clause whose words these are, whatever their agreement.

    Raises:
        ValueError: they make no clause.
    """
    sentence = _Sentence()
    for word in words:
        participle = next((gap for gap, (_, suffix) in GAPS.items() if suffix in word.morphemes), None)
        if word.part == "determiner":
            sentence.determiner = word.word
        elif word.part == "noun":
            sentence.noun(word)
        elif word.part == "adverb":
            sentence.adverb = ADVERB_NAMES[word.word]
        elif word.part == "adjective" and not word.morphemes:
            sentence.quality = ADJECTIVE_NAMES[word.word]
        elif participle:
            sentence.participle(word, participle)
        elif word.part in ("verb", "adjective"):
            return sentence.clause(word)
        elif word.word == "at":
            sentence.at()
        else:
            raise ValueError(f"no place for {word.word!r}")
    raise ValueError("no verb at the end")
