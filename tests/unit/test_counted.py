"""Which runs count, and why one does not, on cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from headcount.analysis import counted


@pytest.mark.parametrize(
    ("values", "told", "fate"),
    [
        ([1.0, 0.5], {}, "used"),
        ([1.0, 0.5], {"collapsed": True}, "collapsed"),
        ([None, None], {"collapsed": True}, "collapsed"),
        ([1.0, None], {"collapsed": True}, "collapsed"),
        ([None, float("nan")], {}, "undefined"),
        ([pd.NA], {"empty": True}, "empty"),
        ([0.5], {"empty": True}, "used"),
    ],
)
def test_a_run_has_one_fate_and_collapse_comes_first(values, told, fate):
    assert counted.fate(values, **told) == fate


def rows(**columns):
    return pd.DataFrame({"model": "m", "task": "cola", **columns})


def test_every_row_has_the_fate_of_its_run():
    table = rows(seed=[1, 1, 2, 2, 3, 3, 4], recall=pd.array([0.5, 0.4, None, None, None, None, 0.1], dtype="Float64"))
    table = table.assign(downstream_heads=pd.array([3, 3, 0, 0, None, None, 2], dtype="Int64"), collapsed=table["seed"] == 4)
    assert counted.fates(table, "recall").tolist() == ["used"] * 2 + ["empty"] * 2 + ["undefined"] * 2 + ["collapsed"]
    assert counted.fates(table, "recall", {("m", "cola", 1)}).tolist()[:3] == ["collapsed", "collapsed", "empty"]
    assert counted.fates(table.drop(columns="collapsed")).unique().tolist() == ["used"]


def test_a_run_that_is_null_at_some_points_only_is_refused_by_name():
    with pytest.raises(ValueError, match="m, cola, seed 2: score is null at 1 of 2 points"):
        counted.fates(rows(seed=[1, 2, 2], score=[0.1, 0.2, None]), "score")


def test_a_panel_counts_seeds_and_says_why():
    table = rows(seed=[1, 1, 2, 3, 4], fate=["used", "used", "undefined", "collapsed", "empty"])
    assert counted.notes(table) == [
        "1 of 4 seeds undefined",
        "(unpruned score ≤ 0)",
        "1 of 4 seeds in need of no head",
        "1 of 4 seeds collapsed in fine-tuning",
    ]
    assert counted.notes(table[table["seed"] == 1]) == []


def test_a_relative_score_needs_two_runs_that_count():
    assert counted.relative_score(0.6, 0.8, collapsed=False) == pytest.approx(0.75)
    assert np.isnan(counted.relative_score(0.6, 0.8, collapsed=True)) and np.isnan(counted.relative_score(0.6, 0.0, False))
