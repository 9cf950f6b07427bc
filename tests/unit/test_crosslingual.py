"""Drops in several languages, and of two models in one, on cases worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from headcount.analysis.crosslingual import (
    LANGUAGE_COLUMNS,
    NOTHING,
    REMOVAL_COLUMNS,
    languages_table,
    removals_table,
    whole_runs,
)
from headcount.data.languages import Facts

FACTS = {
    "en": Facts("English", "Indo-European", "svo", "fusional", 1000),
    "tr": Facts("Turkish", "Altaic", "sov", "agglutinative", 100),
    "sw": Facts("Swahili", "Niger-Congo", "svo", "agglutinative", 10),
}
WHOLE = dict(NOTHING)
RANDOM = {
    **WHOLE,
    "schedule": "before",
    "unit": "head",
    "criterion": "random",
    "point": "0.5-2",
    "fraction": 0.5,
    "draw": 2,
    "removed": 16,
    "removed_fraction": 0.5,
}
BOTTOM = {
    **WHOLE,
    "schedule": "before",
    "unit": "layer_heads",
    "criterion": "set",
    "point": "bottom",
    "layers": "1 2",
    "removed": 16,
    "removed_fraction": 0.5,
}


def row(removal: dict[str, Any], score: float, **more: Any) -> dict[str, Any]:
    run = {"study": "s", "model": "multi", "task": "mnli", "seed": 1, "collapsed": False}
    return {**run, **removal, "score": score, **more}


def asked(removal: dict[str, Any], score: float, language: str = "en", error: float = 0.01, **more: Any) -> dict[str, Any]:
    about = {"language": language, "examples": 400, "constant_score": 0.4, "standard_error": error}
    return row(removal, score, **about, **more)


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    return languages_table(pd.DataFrame(rows), FACTS, "en")


def removals(*rows: dict[str, Any]) -> pd.DataFrame:
    return removals_table(pd.DataFrame([{"metric": "accuracy", "accuracy": each["score"], **each} for each in rows]))


def test_drops_are_from_the_same_seed_and_language_with_nothing_removed() -> None:
    found = table(
        asked(RANDOM, 0.6),
        asked(RANDOM, 0.5, "tr"),
        asked(WHOLE, 0.8),
        asked(WHOLE, 0.6, "tr"),
        asked(RANDOM, 0.5, seed=2),
        asked(WHOLE, 0.6, seed=2),
    )
    assert tuple(found.columns) == LANGUAGE_COLUMNS
    assert found["drop"].tolist() == pytest.approx([1 - 0.6 / 0.8, 1 - 0.5 / 0.6, 0, 0, 1 - 0.5 / 0.6, 0])
    assert found["drop_above_chance"].tolist() == pytest.approx([0.5, 0.5, 0, 0, 0.5, 0])


def test_schedules_and_draws_stand_beside_the_same_whole_model() -> None:
    once = {**RANDOM, "schedule": "one_shot"}
    other = {**RANDOM, "point": "0.5-1", "draw": 1}
    found = table(asked(WHOLE, 0.8), asked(RANDOM, 0.7), asked(once, 0.6), asked(other, 0.4), asked(BOTTOM, 0.3))
    assert found["drop_above_chance"].tolist() == pytest.approx([0, 0.25, 0.5, 1, 1.25])


def test_where_nothing_was_transferred_there_is_no_drop() -> None:
    """The bar is three standard errors of the whole model's score: 0.43; a pruned model's score has no say."""
    found = table(
        asked(WHOLE, 0.43, "sw"),
        asked(RANDOM, 0.5, "sw"),
        asked(WHOLE, 0.44, "tr"),
        asked(RANDOM, 0.1, "tr", error=1.0),
    )
    assert found["transferred"].tolist() == [False, False, True, True]
    assert found["drop"].isna().tolist() == found["drop_above_chance"].isna().tolist() == [True, True, False, False]
    assert found["drop_above_chance"].iloc[3] == pytest.approx(1 - (0.1 - 0.4) / 0.04)


def test_a_whole_run_that_collapsed_has_no_drop_and_a_pruned_one_has_its_own() -> None:
    found = table(
        asked(WHOLE, 0.8, collapsed=True),
        asked(RANDOM, 0.6),
        asked(WHOLE, 0.8, seed=2),
        asked(RANDOM, 0.4, seed=2, collapsed=True),
    )
    assert found["collapsed"].tolist() == [True, True, False, False]
    assert found["drop_above_chance"].isna().tolist() == [True, True, False, False]
    assert found["drop_above_chance"].iloc[3] == pytest.approx(1)


def test_each_row_bears_the_facts_on_its_language() -> None:
    found = table(asked(WHOLE, 0.8), asked(WHOLE, 0.6, "sw")).set_index("language")
    about = ["source", "family", "order", "morphology", "articles"]
    assert found.loc["en", about].tolist() == [True, "Indo-European", "svo", "fusional", 1000]
    assert found.loc["sw", about].tolist() == [False, "Niger-Congo", "svo", "agglutinative", 10]


def test_what_does_not_apply_to_a_removal_is_null() -> None:
    found = table(asked(WHOLE, 0.8), asked(RANDOM, 0.7), asked(BOTTOM, 0.7)).set_index("point")
    assert found["draw"].isna().tolist() == [True, False, True] and found.loc["0.5-2", "draw"] == 2
    assert found.loc["bottom", "layers"] == "1 2" and pd.isna(found.loc["0.5-2", "layers"])


@pytest.mark.parametrize("removal", [RANDOM, BOTTOM], ids=["heads", "layers"])
def test_a_table_that_is_read_again_is_the_same(removal: dict[str, Any], tmp_path: Path) -> None:
    found = table(asked(WHOLE, 0.43), asked(removal, 0.7))
    found.to_parquet(tmp_path / "languages.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "languages.parquet"), found)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([asked(RANDOM, 0.6)], "no whole model stands beside s, multi, mnli, 1, en"),
        ([asked(WHOLE, 0.8, "tr"), asked(RANDOM, 0.6)], "no whole model stands beside s, multi, mnli, 1, en"),
        ([asked(WHOLE, 0.8), asked(WHOLE, 0.8)], r"a removal of one run \(.*, language\) stands in the rows twice"),
    ],
    ids=["no whole model", "of another language", "twice"],
)
def test_rows_without_one_comparison_are_refused(rows: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        table(*rows)


def test_removals_are_over_the_same_model_task_and_seed_with_nothing_removed() -> None:
    f1 = {"metric": "accuracy_and_f1"}
    found = removals(
        row(WHOLE, 0.8),
        row(RANDOM, 0.6),
        row(WHOLE, 0.5, model="mono"),
        row(RANDOM, 0.4, model="mono"),
        row(WHOLE, 0.6, task="qqp", accuracy=0.8, **f1),
        row(RANDOM, 0.3, task="qqp", accuracy=0.6, **f1),
    )
    assert tuple(found.columns) == REMOVAL_COLUMNS
    assert found["relative_score"].tolist() == pytest.approx([1, 0.75, 1, 0.8, 1, 0.5])
    assert found["relative_accuracy"].tolist() == pytest.approx([1, 0.75, 1, 0.8, 1, 0.75])


def test_relative_scores_are_null_where_the_whole_run_collapsed_or_is_not_above_zero() -> None:
    found = removals(
        row(WHOLE, 0.8, collapsed=True),
        row(RANDOM, 0.6),
        row(WHOLE, 0.0, seed=2, accuracy=0.5),
        row(RANDOM, 0.2, seed=2, accuracy=0.4),
        row(WHOLE, 0.8, seed=3),
        row(RANDOM, 0.4, seed=3, collapsed=True),
    )
    assert found["collapsed"].tolist() == [True, True, False, False, False, False]
    assert found["relative_score"].isna().tolist() == [True, True, True, True, False, False]
    assert found["relative_accuracy"].isna().tolist() == [True, True, False, False, False, False]
    assert found["relative_accuracy"].iloc[3] == pytest.approx(0.8)
    assert found["relative_score"].iloc[5] == pytest.approx(0.5)


def test_ordinary_runs_stand_in_the_table_with_the_share_of_answers_that_is_right() -> None:
    f1 = {"metric": "accuracy_and_f1"}
    ordinary = pd.DataFrame(
        [{"study": "s", "model": "multi", "task": "qqp", "seed": 1, "collapsed": False, "score": 0.7, **f1}]
    )
    answers = pd.DataFrame({"example": ["1", "2", "3", "4"], "label": [0, 1, 1, 0], "removed_0": [0, 1, 0, 0]})
    pruned = pd.DataFrame([row(RANDOM, 0.35, task="qqp", accuracy=0.6, **f1)])
    found = removals_table(pd.concat([whole_runs(ordinary, [answers]), pruned]))
    assert found["accuracy"].tolist() == [0.75, 0.6]
    assert found["relative_accuracy"].tolist() == pytest.approx([1, 0.8])
    assert found[list(NOTHING)].iloc[0].dropna().to_dict() == {
        name: value for name, value in NOTHING.items() if value is not None
    }
