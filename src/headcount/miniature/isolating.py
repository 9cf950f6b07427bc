"""Isolating SVO languages: clauses in words, and back.

Adjectives follow their noun; negation, copula and prepositions are words of their own; number and agreement are suffixes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from headcount.miniature.dictionary import ADJECTIVE_NAMES, ADVERB_NAMES, NOUN_NAMES, VERB_NAMES, Part
from headcount.miniature.grammar import Clause, NounPhrase, Relative
from headcount.miniature.lexicon import ADVERBS, Number
from headcount.miniature.morphology import Analysis, Vocabulary


def _phrase(phrase: NounPhrase, of: Vocabulary) -> list[str]:
    plural = "pl" if phrase.number == "plural" else ""
    words = [of.word("determiner", phrase.determiner), of.word("noun", phrase.noun.names[phrase.name][0], plural)]
    if phrase.quality:
        words.append(of.word("adjective", phrase.quality.text, plural))
    if phrase.place:
        preposition, where = phrase.place
        words += [of.word("preposition", preposition), *_phrase(where, of)]
    if phrase.relative:
        verb, name, other = phrase.relative.verb, phrase.relative.name, phrase.relative.other
        by_subject = phrase.relative.gap == "subject"
        said = of.word("verb", verb.names[name][0], _agreement(phrase.number if by_subject else other.number))
        words.append(of.word("particle", "that"))
        words += [said, *_phrase(other, of)] if by_subject else [*_phrase(other, of), said]
    return words


def _agreement(number: Number) -> str:
    return "3pl" if number == "plural" else "3sg"


def _subject(clause: Clause, of: Vocabulary) -> tuple[list[str], Number]:
    words = _phrase(clause.subject, of)
    if clause.second is None:
        return words, clause.subject.number
    return [*words, of.word("particle", "and"), *_phrase(clause.second, of)], "plural"


def render(clause: Clause, of: Vocabulary, asked: bool) -> list[str]:
    """``[why] subject [not] [adverb] verb [object]``, or ``[why] first [not] be [adverb] participle by subject``."""
    why = [of.word("particle", "why")] if asked else []
    actor, number = _subject(clause, of)
    no = [of.word("particle", "not")] if clause.negated else []
    adverb = [of.word("adverb", ADVERBS[clause.adverb[0]][clause.adverb[1]])] if clause.adverb else []
    if clause.predicate:
        be = of.word("particle", "be", _agreement(number))
        return [*why, *actor, *no, be, of.word("adjective", clause.predicate.text)]
    assert clause.verb is not None
    base = clause.verb.names[clause.name][0]
    if clause.passive:
        assert clause.object is not None
        first, be = _phrase(clause.object, of), of.word("particle", "be", _agreement(clause.object.number))
        return [*why, *first, *no, be, *adverb, of.word("verb", base, "done"), of.word("particle", "by"), *actor]
    target = _phrase(clause.object, of) if clause.object else []
    return [*why, *actor, *no, *adverb, of.word("verb", base, _agreement(number)), *target]


class _Sentence:
    """The words of a sentence, taken from its left."""

    def __init__(self, words: Iterable[Analysis]) -> None:
        self.words = deque(words)

    def optional(self, part: Part, word: str | None = None) -> Analysis | None:
        """The next word, if it is that; of agreement nothing is asked."""
        if self.words and self.words[0].part == part and word in (None, self.words[0].word):
            return self.words.popleft()
        return None

    def take(self, part: Part, word: str | None = None) -> Analysis:
        """The next word.

        Raises:
            ValueError: it is something else.
        """
        found = self.optional(part, word)
        if found is None:
            at = repr(self.words[0].word) if self.words else "the end"
            raise ValueError(f"expected {word or part}, found {at}")
        return found

    def phrase(self, plain: bool = False) -> NounPhrase:
        """A noun phrase; a plain one has neither place nor relative clause."""
        determiner, noun = self.take("determiner"), self.take("noun")
        quality = self.optional("adjective")
        place, relative = None, None
        if not plain and (preposition := self.optional("preposition")):
            place = (preposition.word, self.phrase(plain=True))
        if not plain and self.optional("particle", "that"):
            relative = self.relative()
        number: Number = "plural" if "pl" in noun.morphemes else "singular"
        described = ADJECTIVE_NAMES[quality.word] if quality else None
        return NounPhrase(determiner.word, number, *NOUN_NAMES[noun.word], described, place, relative)

    def relative(self) -> Relative:
        if verb := self.optional("verb"):
            return Relative(*VERB_NAMES[verb.word], self.phrase(plain=True), "subject")
        other = self.phrase(plain=True)
        return Relative(*VERB_NAMES[self.take("verb").word], other, "object")

    def subject(self) -> tuple[NounPhrase, NounPhrase | None]:
        first = self.phrase()
        return first, self.phrase() if self.optional("particle", "and") else None

    def clause(self) -> Clause:
        self.optional("particle", "why")
        subject, second = self.subject()
        negated = self.optional("particle", "not") is not None
        copula = self.optional("particle", "be")
        if copula and (predicate := self.optional("adjective")):
            return Clause(subject, predicate=ADJECTIVE_NAMES[predicate.word], negated=negated, second=second)
        adverb = self.optional("adverb")
        verb, name = VERB_NAMES[self.take("verb").word]
        target = None
        if copula:
            self.take("particle", "by")
            target, (subject, second) = subject, self.subject()
        elif self.words:
            target = self.phrase()
        how = ADVERB_NAMES[adverb.word] if adverb else None
        return Clause(subject, verb, name, target, None, how, negated, copula is not None, second)


def parse(words: Iterable[Analysis]) -> Clause:
    """The clause whose words these are, whatever their agreement.

    Raises:
        ValueError: they make no clause.
    """
    sentence = _Sentence(words)
    clause = sentence.clause()
    if sentence.words:
        raise ValueError(f"expected the end, found {sentence.words[0].word!r}")
    return clause
