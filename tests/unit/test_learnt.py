"""Whether a model has learnt: the best constant answer, and the standard errors of scores."""

from __future__ import annotations

import numpy as np
import pytest

from headcount.analysis.learnt import jackknife, learnt
from headcount.data.tasks import TASKS

RNG = np.random.default_rng(3)


def guessed(labels: np.ndarray, right: float, classes: int = 2) -> np.ndarray:
    """Predictions of which this share is the label, and the rest any class."""
    return np.where(RNG.random(len(labels)) < right, labels, RNG.integers(0, classes, len(labels)))


@pytest.mark.parametrize("task", TASKS)
def test_the_standard_error_against_leaving_out_each_example_in_turn(task):
    classes, metric = len(TASKS[task].labels), TASKS[task].metric
    labels = RNG.integers(0, classes, 40)
    predictions = guessed(labels, 0.6, classes)
    without = [metric(np.delete(labels, i), np.delete(predictions, i)) for i in range(40)]
    slow = np.sqrt(39 / 40 * np.sum((np.array(without) - np.mean(without)) ** 2))
    assert jackknife(metric, labels, predictions) == pytest.approx(slow)
    assert learnt(TASKS[task], labels, predictions).standard_error == pytest.approx(slow)


def test_the_standard_error_of_an_accuracy_is_the_binomial_one():
    labels = np.zeros(400, int)
    predictions = (np.arange(400) < 100).astype(int)
    assert jackknife(TASKS["sst2"].metric, labels, predictions) == pytest.approx(np.sqrt(0.25 * 0.75 / 399))


def test_the_best_constant_answer_is_the_metrics_own():
    labels = (np.arange(100) < 40).astype(int)  # duplicates are fewer, but F1 is theirs alone
    always = [TASKS["qqp"].metric(labels, np.full(100, answer)) for answer in (0, 1)]
    assert always[1] > always[0]
    assert learnt(TASKS["qqp"], labels, labels).constant_score == pytest.approx(always[1])
    assert learnt(TASKS["sst2"], labels, labels).constant_score == pytest.approx(0.6)
    assert learnt(TASKS["cola"], labels, labels).constant_score == 0


@pytest.mark.parametrize(("examples", "expected"), [(300, False), (30_000, True)])
def test_a_score_a_little_above_the_constants_is_learnt_only_if_examples_tell(examples, expected):
    labels = np.arange(examples) % 2
    predictions = np.where(np.arange(examples) % 100 < 52, labels, 1 - labels)  # .52 right
    found = learnt(TASKS["sst2"], labels, predictions)
    assert found.score == pytest.approx(0.52) and found.learnt is expected


def test_chance_is_taken_for_learnt_in_about_one_case_of_twenty():
    taken = [learnt(TASKS["cola"], RNG.integers(0, 2, 200), RNG.integers(0, 2, 200)).learnt for _ in range(600)]
    assert 0.02 < np.mean(taken) < 0.09


def test_an_answer_that_is_always_the_same_is_not_learnt():
    labels = np.arange(100) % 2
    for task in ("cola", "sst2", "qqp"):
        for answer in (0, 1):
            assert not learnt(TASKS[task], labels, np.full(100, answer)).learnt
