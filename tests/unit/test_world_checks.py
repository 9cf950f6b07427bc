"""The second opinions on the embedded world, on sentences judged by hand: a check that cannot say no guards nothing."""

from __future__ import annotations

import pytest
from world_checks import bag_of_words_accuracy, liked, meaning, one_word_accuracy, paragraphs
from world_models import CONTRADICTION, ENTAILMENT, NEUTRAL, verdict
from world_parser import parses


@pytest.mark.parametrize(
    "sentence",
    [
        "an old dog near the cars sleeps .",
        "the dogs that the cat chases often sleep .",
        "the dog that chases the cats does not sleep .",
        "the cats are quietly chased by every hound that fears some kings .",
        "two cats and the king wait .",
        "that dog that some cats fear is not sad .",
    ],
)
def test_a_good_sentence_has_one_reading(sentence: str) -> None:
    assert len(parses(sentence)) == 1


@pytest.mark.parametrize(
    "sentence",
    [
        pytest.param("the dog near the cars sleep .", id="agreement over a place"),
        pytest.param("the dogs that chase the cat sleeps .", id="agreement over a relative clause"),
        pytest.param("the dogs that chases the cat sleep .", id="agreement in a subject relative"),
        pytest.param("the dogs that the cat chase sleep .", id="agreement in an object relative"),
        pytest.param("the dog and the cat waits .", id="agreement with a coordination"),
        pytest.param("the dogs is sad .", id="agreement of the copula"),
        pytest.param("the dogs does not wait .", id="agreement of the auxiliary"),
        pytest.param("two dog sleep .", id="concord"),
        pytest.param("a dogs sleep .", id="concord of the article"),
        pytest.param("a old dog sleeps .", id="a before a vowel"),
        pytest.param("an dog sleeps .", id="an before a consonant"),
        pytest.param("the dog does not sleeps .", id="form after does"),
        pytest.param("the dog is chase by the cat .", id="form in the passive"),
        pytest.param("the dog is slept by the cat .", id="passive of an intransitive"),
        pytest.param("the dog sleeps the cat .", id="intransitive with an object"),
        pytest.param("the dog chases .", id="transitive without an object"),
        pytest.param("dog the sleeps .", id="noun before determiner"),
        pytest.param("old the dog sleeps .", id="adjective before determiner"),
        pytest.param("the dog that the cat chases the king sleeps .", id="filled gap"),
        pytest.param("the dog quietly .", id="no verb"),
        pytest.param("the dog sleeps ?", id="statement with a question mark"),
    ],
)
def test_a_sentence_with_one_fault_has_no_reading(sentence: str) -> None:
    assert parses(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "favourable"),
    [
        ("the plot is very dull .", False),
        ("the plot is anything but really dull .", True),
        ("the plot is far from good but nobody dislikes the cast .", True),
        ("although the plot is good , the audience hates the cast .", False),
        ("critics love the plot and the cast is never boring .", True),
        ("the plot is dull but these lads giggle .", True),
        ("although a king admires the plot , every lawyer dozes .", False),
        ("the plot is dull but that author does not fear the ending .", True),
    ],
)
def test_a_remark_is_judged_by_what_it_comes_to(sentence: str, favourable: bool) -> None:
    assert liked(sentence) == favourable


def test_a_remark_that_is_for_and_against_at_once_is_refused() -> None:
    with pytest.raises(ValueError, match="for and against"):
        liked("the plot is good and nobody loves the cast .")


SAME, DIFFERENT = True, False


@pytest.mark.parametrize(
    ("first", "second", "relation"),
    [
        pytest.param("does a dog chase the cat", "is the feline pursued by a hound", SAME, id="words and voice"),
        pytest.param("does the dog not chase the cat", "is the cat not chased by the dog", SAME, id="voice and negation"),
        pytest.param("does the dog chase the cat", "does the cat chase the dog", DIFFERENT, id="roles"),
        pytest.param("does a big dog fear the cat", "does a dog fear the big cat", DIFFERENT, id="whose quality"),
        pytest.param("do two dogs fear some cats", "are some cats feared by two dogs", DIFFERENT, id="scope"),
        pytest.param("does the dog not fear a cat", "is a cat not feared by the dog", DIFFERENT, id="scope of not"),
        pytest.param("does the dog wait", "do the dogs wait", DIFFERENT, id="number"),
        pytest.param("does the dog often wait", "does the dog eagerly wait", DIFFERENT, id="adverb"),
    ],
)
def test_questions_mean_the_same_where_they_ask_who_does_what_to_whom_alike(first: str, second: str, relation: bool) -> None:
    assert (meaning(f"why {first} ?") == meaning(f"why {second} ?")) == relation


@pytest.mark.parametrize(
    ("premise", "hypothesis", "relation"),
    [
        ("the old dog does not sleep", "the animal does not doze", ENTAILMENT),
        ("the dog sleeps", "the old dog sleeps", NEUTRAL),
        ("all dogs sleep", "all old dogs sleep", ENTAILMENT),
        ("all dogs sleep", "all animals sleep", NEUTRAL),
        ("all dogs sleep", "some animals sleep", ENTAILMENT),
        ("some dogs sleep", "all dogs sleep", NEUTRAL),
        ("all dogs sleep", "no old dogs sleep", CONTRADICTION),
        ("no dogs fear the cat", "no dogs often fear the old cat", NEUTRAL),
        ("no dogs fear a cat", "no old dogs often fear an old cat", ENTAILMENT),
        ("two dogs sleep", "no animals sleep", CONTRADICTION),
        ("the dog fears the cat", "the cat fears the dog", NEUTRAL),
        ("the dog fears the cat", "the cat is not feared by the animal", CONTRADICTION),
        ("the dog fears the cat", "the dog does not chase the cat", NEUTRAL),
        ("the dog is big", "the animal is little", CONTRADICTION),
        ("the dog is big", "the dog is old", NEUTRAL),
        ("the dog does not fear a cat", "a cat is not feared by the dog", ENTAILMENT),
        ("a cat is not feared by the dog", "the dog does not fear a cat", NEUTRAL),
        ("a king is feared by all dogs", "all dogs fear a king", ENTAILMENT),
        pytest.param("all dogs sleep", "some old dogs sleep", ENTAILMENT, id="what some quantifies over exists"),
        ("all dogs fear a king", "a king is feared by all dogs", NEUTRAL),
    ],
)
def test_what_follows_is_what_holds_in_every_model(premise: str, hypothesis: str, relation: int) -> None:
    assert verdict(f"{premise} .", f"{hypothesis} .") == relation


def test_a_paragraph_is_taken_apart_into_its_two_sentences() -> None:
    text = "the dog waits . perhaps the cat waits .\n\nwhy do dogs wait ? in other words , why wait ?\n\na . b ."
    assert paragraphs(text) == [
        ("the dog waits .", "perhaps", "the cat waits ."),
        ("why do dogs wait ?", "in other words ,", "why wait ?"),
        ("a .", "", "b ."),
    ]


def test_a_telling_word_is_found() -> None:
    assert one_word_accuracy(["no dog", "no cat", "a dog", "a cat"], [1, 1, 0, 1]) == (0.75, "no")


def test_telling_words_are_found_together() -> None:
    sentences = ["a bad dog", "a sad dog", "a good dog", "a glad dog"] * 5
    assert bag_of_words_accuracy(sentences, [0, 0, 1, 1] * 5) == 1.0


def test_words_that_tell_only_together_are_not_taken_for_telling() -> None:
    sentences = ["not bad", "not good", "very bad", "very good"] * 10
    assert bag_of_words_accuracy(sentences, [1, 0, 0, 1] * 10) <= 0.5
