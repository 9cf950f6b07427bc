"""Numbers, counts and names: written alike wherever they stand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from headcount import markdown, phrasing


@pytest.mark.parametrize(
    ("value", "written"),
    [
        *[(0.1234, "0.123"), (-0.25, "−0.250"), (0.0, "0.000"), (-0.0, "0.000"), (1234.5, "1,234.500"), (float("inf"), "inf")],
        *[(1e-5, "1.0e−05"), (-0.00004, "−4.0e−05"), (1234, "1,234"), (np.int64(-7), "−7"), (0, "0")],
        *[(None, "–"), (float("nan"), "–"), (pd.NA, "–"), ("a-b", "a-b"), (True, "True")],
    ],
)
def test_a_number_has_a_minus_sign_that_is_one_and_never_becomes_0_unseen(value, written):
    assert phrasing.number(value) == written


def test_signs_are_given_where_they_are_wanted_and_never_to_a_zero():
    assert [phrasing.points(value) for value in (0.125, -0.125, 0.0, -0.0004)] == ["+12.5", "−12.5", "0.0", "−0.04"]
    assert [phrasing.difference(value) for value in (0.5, -0.5, 0.0)] == ["+0.500", "−0.500", "0.000"]
    assert [phrasing.fixed(value, 2) for value in (0.004, -0.004, -1.0)] == ["0.00", "0.00", "−1.00"]


def test_percentages_know_no_minus_nought():
    assert [phrasing.percent(share, 0) for share in (0.856, -0.155, -0.001, 1.0)] == ["86%", "−16%", "0%", "100%"]
    assert phrasing.percent(0.469) == "46.9%"


def test_lists_counts_and_names():
    assert [phrasing.listed(list("abc"[:n])) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert [phrasing.counted(n, "seed") for n in (0, 1, 2000)] == ["0 seeds", "1 seed", "2,000 seeds"]
    assert [phrasing.in_words(n) for n in (0, 9, 13)] == ["none", "nine", "13"]
    assert [phrasing.norm_name("l1"), phrasing.norm_name("l1", noun=False), phrasing.norm_name("none")] == [
        "l1 norm",
        "l1",
        "no norm",
    ]
    assert (
        phrasing.spread(0.5, None) == "0.500"
        and phrasing.spread(0.5, 0.1) == "0.500 ± 0.100"
        and phrasing.spread(None, None) == "–"
    )


def test_a_markdown_table_keeps_its_cells_apart():
    assert markdown.table(["a|b", "c"], [["|x|", 0.5], [None, 3]]).splitlines() == [
        "| a\\|b | c |",
        "| --- | --- |",
        "| \\|x\\| | 0.500 |",
        "| – | 3 |",
    ]
