"""Tasks: metrics against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

from headcount.data.metrics import accuracy, f1, matthews
from headcount.data.tasks import TASKS

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 2, 200)
PREDICTIONS = {
    "normal": np.where(RNG.random(200) < 0.8, LABELS, 1 - LABELS),
    "random": RNG.integers(0, 2, 200),
    "inverted": 1 - LABELS,
    "collapsed to 0": np.zeros(200, int),
    "collapsed to 1": np.ones(200, int),
}


@pytest.mark.parametrize("kind", PREDICTIONS)
@pytest.mark.parametrize(
    ("metric", "reference"),
    [(accuracy, accuracy_score), (f1, f1_score), (matthews, matthews_corrcoef)],
    ids=["accuracy", "f1", "matthews"],
)
def test_metrics_agree_with_scikit_learn(metric, reference, kind):
    assert metric(LABELS, PREDICTIONS[kind]) == pytest.approx(reference(LABELS, PREDICTIONS[kind]), abs=1e-12)


def test_qqp_is_the_mean_of_accuracy_and_f1():
    guess = PREDICTIONS["normal"]
    expected = (accuracy_score(LABELS, guess) + f1_score(LABELS, guess)) / 2
    assert TASKS["qqp"].metric(LABELS, guess) == pytest.approx(expected)


def test_three_classes_are_scored_by_accuracy():
    labels, guess = RNG.integers(0, 3, 100), RNG.integers(0, 3, 100)
    assert TASKS["mnli"].metric(labels, guess) == pytest.approx(accuracy_score(labels, guess))
