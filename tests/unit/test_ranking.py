"""Norms, order and points against hand-computed answers."""

from __future__ import annotations

import numpy as np
import pytest

from headcount.order.norms import normalize
from headcount.order.points import points, relative
from headcount.order.ranking import order

RAW = np.array([[3.0, 1.0], [3.0, 4.0], [0.0, 0.0]])


@pytest.mark.parametrize(
    ("norm", "expected"),
    [
        ("l1", [[0.75, 0.25], [3 / 7, 4 / 7], [0, 0]]),
        ("l2", [[3 / 10**0.5, 1 / 10**0.5], [0.6, 0.8], [0, 0]]),
        ("none", [[3, 1], [3, 4], [0, 0]]),
    ],
)
def test_each_row_is_divided_by_its_own_norm_and_an_all_zero_row_stays_zero(norm, expected):
    assert np.allclose(normalize(RAW, norm), expected)


def test_an_unknown_norm_is_refused():
    with pytest.raises(ValueError, match="allowed are l1, l2, none"):
        normalize(RAW, "max")


def test_order_is_ascending_with_ties_by_layer_then_head():
    assert order(np.array([[2.0, 1.0], [1.0, 0.5], [1.0, 2.0]])) == [(1, 1), (0, 1), (1, 0), (2, 0), (0, 0), (2, 1)]


def test_one_row_of_heads_has_one_order_whatever_the_norm():
    row = np.random.default_rng(0).random((1, 12))
    assert order(normalize(row, "l1")) == order(normalize(row, "l2")) == order(normalize(row, "none"))


def test_points_are_the_fractions_rounded_to_whole_heads():
    found = points(384, 0.05, 24)
    assert found[:4] == [0, 19, 38, 58] and found[-1] == 384 and len(found) == 21


def test_a_model_with_few_heads_is_scored_after_every_one():
    assert points(12, 0.05, 24) == list(range(13))


def test_relative_scores_of_a_model_at_or_below_zero_are_undefined():
    assert relative([0.5, 0.25]) == [1.0, 0.5]
    assert relative([0.0, 0.25]) == [None, None]
    assert relative([-0.2, -0.1]) == [None, None]
