"""Which heads can go: on curves worked out by hand, and as it is said of them."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from typing import Any

import numpy as np
import pandas as pd
import pytest
from claim_tables import SETTINGS, c1, on_all, rows_of

from headcount.claims import Tables, judge_claim
from headcount.order.curve import Place
from headcount.report.heads import answers, markdown
from headcount.report.required import LEVELS, required_tables

ORDERS: dict[int, list[Place]] = {1: [(0, 0), (0, 1), (1, 0), (1, 1)], 2: [(0, 0), (1, 0), (0, 1), (1, 1)]}
"""Four heads in two layers, as they go with either seed."""
CURVES: dict[int, list[float | None]] = {1: [1.0, 1.0, 0.96, 0.5, 0.0], 2: [1.0, 0.98, 0.91, 0.91, 0.1]}


def metrics(model: str, task: str, seed: int, score: float, constant: float, collapsed: bool = False) -> pd.DataFrame:
    about = {"metric": "accuracy", "score": [score], "constant_score": constant, "collapsed": collapsed}
    return rows_of(model, task, seed, **about, train=100, validation=50)


def tables(curves: dict[int, list[float | None]], collapsed: tuple[int, ...] = (), orders: Any = ORDERS) -> Tables:
    """Runs of one model on SST-2, where a constant answer has 0.4 and the model 0.8."""
    made = {"unit": "head", "criterion": "gate_gradient", "norm": "l1", "schedule": "one_shot"}
    points = {"removed": range(5), "removed_fraction": np.arange(5) / 4}
    each = [
        rows_of("m", "sst2", seed, **made, **points, relative_score=pd.array(scores, "Float64"), score=scores)
        for seed, scores in curves.items()
    ]
    told = [metrics("m", "sst2", seed, 0.8, 0.4, seed in collapsed) for seed in curves]
    named = {f"m/sst2/{seed}": order for seed, order in orders.items()}
    return Tables(curves=pd.concat(each), metrics=pd.concat(told), orders=named)


def at(level: float, found: pd.DataFrame) -> dict[str, Any]:
    (row,) = found[np.isclose(found["level"], level)].to_dict("records")
    return row


def test_what_can_go_and_what_stays_on_two_curves_by_hand() -> None:
    """At 95%: seed 1 holds it to 2 heads gone (and 1/46 of the way on), seed 2 to 1 (and 3/7 of the way on)."""
    required, heads = required_tables(tables(CURVES), SETTINGS)
    found = at(0.95, required)
    assert (found["gone_least"], found["gone_most"], found["heads"], found["layers"], found["seeds"]) == (1, 2, 4, 2, 2)
    assert found["share"] == pytest.approx(np.mean([(2 + 1 / 46) / 4, (1 + 3 / 7) / 4]))
    assert (found["stay"], found["go"]) == (2, 1), "{(1,0), (1,1)} and {(1,0), (0,1), (1,1)}: (0,0) goes with both"
    assert found["stay_chance"] == pytest.approx(4 * 2 / 4 * 3 / 4)
    stays = heads[np.isclose(heads["level"], 0.95)].set_index(["layer", "head"])["stays"].to_dict()
    assert stays == {(0, 0): 0, (0, 1): 1, (1, 0): 2, (1, 1): 2}


def test_a_level_is_also_a_share_of_what_lies_beyond_the_best_constant_answer() -> None:
    """0.9 · 0.8 lies 0.32 above 0.4, of the whole model's 0.4."""
    found = at(0.9, required_tables(tables(CURVES), SETTINGS)[0])
    assert (found["score"], found["constant"]) == pytest.approx((0.8, 0.5))
    assert found["above_constant"] == pytest.approx(0.32 / 0.4)


def test_the_share_that_can_go_is_the_one_that_the_verdict_reads() -> None:
    """C1 asks at one of the levels: same number, same interval."""
    made = c1(on_all(0.4, 0.5, 0.6))
    runs = {(str(row.model), str(row.task), int(row.seed)) for row in made.curves.itertuples()}
    heads = {source: [(0, number) for number in range(20)] for source in set(made.curves["source"])}
    given = replace(made, orders=heads, metrics=pd.concat(metrics(*run, 0.8, 0.4) for run in runs))
    (part,) = [part for part in judge_claim("C1", given, SETTINGS).parts if part.label == "QQP"]
    required, _ = required_tables(given, SETTINGS)
    found = at(0.9, required[required["task"] == "qqp"])
    assert (found["share"], found["share_low"], found["share_high"]) == pytest.approx((part.value, part.low, part.high))


def test_an_interval_of_a_share_ends_where_shares_do() -> None:
    found = at(0.9, required_tables(tables({1: [1.0, 0.5, 0.1, 0.0, 0.0], 2: [1.0] * 5}), SETTINGS)[0])
    assert (found["share_low"], found["share_high"]) == (0, 1)


def test_a_collapsed_and_an_undefined_seed_are_left_out_and_named() -> None:
    curves: dict[int, list[float | None]] = {**CURVES, 3: [None] * 5, 4: [None] * 5}
    required, _ = required_tables(tables(curves, collapsed=(3,)), SETTINGS)
    assert set(required["note"]) == {"seed 3 left out: collapsed in fine-tuning; seed 4 left out: undefined"}
    pd.testing.assert_frame_equal(
        required.drop(columns="note"), required_tables(tables(CURVES), SETTINGS)[0].drop(columns="note")
    )


def test_where_every_seed_collapsed_nothing_is_answered_and_the_text_says_so() -> None:
    none: list[float | None] = [None] * 5
    required, heads = required_tables(tables({1: none, 2: none}, (1, 2), orders={}), SETTINGS)
    numbers = ["layers", "score", "constant", "share", "gone_most", "stay", "go"]
    assert required[numbers].isna().all(axis=None) and set(required["seeds"]) == {0} and heads.empty
    said = markdown(required, heads, "test", 0.95)
    assert "m can lose, of its 4 heads, nothing that could be measured." in said
    assert "No seed counts" in said and "Seed 2 left out: collapsed in fine-tuning." not in said
    assert "Seed 1 left out: collapsed in fine-tuning; seed 2 left out: collapsed in fine-tuning." in said


def test_the_tables_read_back_say_the_same() -> None:
    """A column of whole numbers with a null in it comes back from a CSV file with points."""
    one, other = tables(CURVES), tables({1: [None] * 5}, (1,), orders={})
    renamed = [table.assign(task="cola", source="m/cola/1") for table in (other.curves, other.metrics)]
    both = replace(one, curves=pd.concat([one.curves, renamed[0]]), metrics=pd.concat([one.metrics, renamed[1]]))
    found = required_tables(both, SETTINGS)
    again = [pd.read_csv(StringIO(table.to_csv(index=False))) for table in found]
    assert answers(*again) == answers(*found) and len(answers(*found)[0].tasks) == 2


def test_heads_are_told_layer_by_layer_with_the_seeds_that_need_them() -> None:
    (answer,) = answers(*required_tables(tables(CURVES), SETTINGS))
    (task,) = answer.tasks
    assert task.stay is not None and task.stay.columns == ["Layer", "With 99% left", "With 95% left", "With 90% left"]
    assert task.stay.rows == [["1", "2 (1/2: 1)", "(1/2: 2)", "none"], ["2", "all", "all", "2 (1/2: 1)"]]
    assert answer.about.startswith("4 heads, 2 in each of 2 layers; ranked by importance under l1;")
    assert [row[0] for row in answer.table.rows] == [f"SST-2, {round(100 * level)}%" for level in LEVELS]
    assert answer.short == "With 95% of its score left, m can lose, of its 4 heads, 43.1% on SST-2."


def test_one_row_of_heads_is_that_of_all_layers_and_one_seed_has_nothing_in_common() -> None:
    shared = {1: [(0, number) for number in range(4)]}
    (answer,) = answers(*required_tables(tables({1: CURVES[1]}, orders=shared), SETTINGS))
    assert answer.about.startswith("4 heads, which all layers share;")
    assert answer.tasks[0].stay is not None and [row[0] for row in answer.tasks[0].stay.rows] == ["all"]
    assert {row[5] for row in answer.table.rows} == {"–"} and "to" not in answer.table.rows[0][2]
