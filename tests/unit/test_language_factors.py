"""The regression over languages, against cases worked out by hand and a slow solver of the normal equations."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from headcount.analysis.language_factors import (
    AGGLUTINATIVE,
    ARTICLES,
    COLUMNS,
    SVO,
    articles_of,
    coefficients,
    contrast_weights,
    design,
    rank_correlation,
)

FAMILY = {SVO: 1.0, AGGLUTINATIVE: -1.0}


def languages(*kinds: tuple[str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(kinds, columns=["order", "morphology", "articles"])


CROSSED = languages(
    ("svo", "isolating", 1000), ("svo", "isolating", 10), ("sov", "agglutinative", 1000), ("sov", "agglutinative", 10)
)
"""Two families, each with much and with little text: that a language is SVO says that it is not agglutinative."""
MIXED = languages(
    ("svo", "fusional", 3_000_000),
    ("svo", "isolating", 150_000),
    ("svo", "agglutinative", 50_000),
    ("sov", "agglutinative", 300_000),
    ("sov", "fusional", 120_000),
    ("vso", "fusional", 800_000),
    ("svo", "fusional", 900_000),
)
"""As XNLI's languages are: of each word order some that are agglutinative, and some that are not, but of verb-first ones."""


def solved(rows: np.ndarray, values: np.ndarray) -> list[float]:
    """The normal equations, by Gauss and Jordan in whole fractions."""
    x, y = [[Fraction(float(one)) for one in row] for row in rows], [Fraction(float(one)) for one in values]
    size = len(x[0])
    left = [[sum(row[i] * row[j] for row in x) for j in range(size)] for i in range(size)]
    right = [sum(row[i] * value for row, value in zip(x, y, strict=True)) for i in range(size)]
    system = [[*line, end] for line, end in zip(left, right, strict=True)]
    for at in range(size):
        pivot = next(one for one in range(at, size) if system[one][at])
        system[at], system[pivot] = system[pivot], system[at]
        system[at] = [one / system[at][at] for one in system[at]]
        for other in range(size):
            if other != at:
                factor = system[other][at]
                system[other] = [a - factor * b for a, b in zip(system[other], system[at], strict=True)]
    return [float(line[-1]) for line in system]


def test_a_design_has_a_column_for_each_factor():
    assert COLUMNS == ("constant", "svo", "agglutinative", "articles")
    assert design(CROSSED).tolist() == [[1, 1, 0, 3], [1, 1, 0, 1], [1, 0, 1, 3], [1, 0, 1, 1]]
    assert design(languages(("svo", "agglutinative", 100), ("vso", "fusional", 1))).tolist() == [[1, 1, 1, 2], [1, 0, 0, 0]]


def test_a_language_without_an_article_counts_as_if_it_had_one():
    assert articles_of(languages(("svo", "fusional", 0), ("svo", "fusional", 1000))).tolist() == pytest.approx([0, 3])


def test_contrasts_of_crossed_factors_are_differences_of_means():
    """By hand: SVO has .5 and .3, agglutinative .2 and .1: .4 - .15 between them; two tenfolds cost ((.2) + (.1)) / 2."""
    values, columns = np.array([0.5, 0.3, 0.2, 0.1]), design(CROSSED)
    family, size = (contrast_weights(columns, one) for one in (FAMILY, {ARTICLES: -1.0}))
    assert family @ values == pytest.approx(0.25) and size @ values == pytest.approx(-0.075)
    assert family.tolist() == pytest.approx([0.5, 0.5, -0.5, -0.5])
    assert contrast_weights(columns, {SVO: 1.0}) is None, "SVO by itself is the other side of agglutinative"


def test_the_coefficients_of_least_norm_are_taken_where_several_fit_alike():
    """By hand: the fit needs b + s = .4 - 2a and b + g = .15 - 2a, a = .075 tenfold; the least b² + s² + g² has b = s + g."""
    found = dict(zip(COLUMNS, coefficients(design(CROSSED), np.array([0.5, 0.3, 0.2, 0.1])), strict=True))
    assert found["svo"] - found["agglutinative"] == pytest.approx(0.25) and found["articles"] == pytest.approx(0.075)
    assert found["constant"] == pytest.approx(found["svo"] + found["agglutinative"])
    assert found["constant"] + found["svo"] == pytest.approx(0.25) and found["constant"] + found[
        "agglutinative"
    ] == pytest.approx(0)


def test_coefficients_are_those_of_the_normal_equations():
    rng, columns = np.random.default_rng(3), design(MIXED)
    for _ in range(5):
        values = rng.normal(size=len(columns))
        slow = solved(columns, values)
        assert coefficients(columns, values) == pytest.approx(slow, rel=1e-6)
        weights = contrast_weights(columns, FAMILY)
        assert weights @ values == pytest.approx(slow[1] - slow[2], rel=1e-6)
        assert contrast_weights(columns, {ARTICLES: -1.0}) @ values == pytest.approx(-slow[3], rel=1e-6)


def test_a_factor_is_found_with_the_other_in_the_model():
    """What is due to corpus size alone is not put down to the family, although agglutinative languages have less text here."""
    columns = design(MIXED)
    values = 0.9 - 0.1 * columns[:, 3]
    assert np.corrcoef(values, columns[:, 2])[0, 1] > 0.2
    assert contrast_weights(columns, FAMILY) @ values == pytest.approx(0, abs=1e-9)
    assert contrast_weights(columns, {ARTICLES: -1.0}) @ values == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([0, 2], (True, False)),
        ([0, 1], (False, True)),
        ([0, 3], (False, False)),
        ([0, 1, 2], (True, True)),
        ([0], (False, False)),
    ],
    ids=["much text alone", "one family", "both at once", "three", "one language"],
)
def test_languages_that_cannot_tell_a_contrast_apart_give_none(rows, told):
    columns = design(CROSSED.iloc[rows])
    assert tuple(contrast_weights(columns, one) is not None for one in (FAMILY, {ARTICLES: -1.0})) == told


def test_what_cannot_be_told_apart_differs_between_fits_that_are_equally_good():
    """Two languages, one SVO with much text, one agglutinative with little: either factor alone explains both."""
    columns, values = design(CROSSED.iloc[[0, 3]]), np.array([0.4, 0.2])
    by_family, by_size = np.array([0.2, 0.2, 0.0, 0.0]), np.array([0.1, 0.0, 0.0, 0.1])
    assert columns @ by_family == pytest.approx(values) and columns @ by_size == pytest.approx(values)


def slow_spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Ranks by counting, ties in the middle; then Pearson's r."""
    ranks = [[sum(y < x for y in one) + (sum(y == x for y in one) + 1) / 2 for x in one] for one in (a, b)]
    return float(np.corrcoef(ranks)[0, 1])


def test_rank_correlation():
    assert rank_correlation(np.array([3.0, 2.0, 1.0]), np.array([1.0, 2.0, 5.0])) == pytest.approx(-1)
    rng = np.random.default_rng(1)
    values, others = rng.integers(0, 5, (20, 6)).astype(float), np.array([1.0, 1.0, 2.0, 3.0, 3.0, 9.0])
    assert rank_correlation(values, others) == pytest.approx([slow_spearman(one, others) for one in values])
    assert np.isnan(rank_correlation(np.array([[1.0, 1.0, 1.0]]), np.arange(3.0))).all()
    assert np.isnan(rank_correlation(np.array([[1.0, np.nan, 2.0], [1.0, 2.0, 3.0]]), np.arange(3.0))).tolist() == [True, False]


def test_of_unrelated_orders_the_correlations_variance_is_one_over_one_less_than_their_number():
    """Which is the error that the claims give a correlation for the languages that it is over."""
    for size in (4, 5, 6):
        every = np.array(list(permutations(range(size))), float)
        assert rank_correlation(every, np.arange(float(size))).var() == pytest.approx(1 / (size - 1))
