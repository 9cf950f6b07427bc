"""Required heads, recall and agreement on curves and sets made by hand; chance against the enumeration of all subsets."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from headcount.analysis.agreement import AGREEMENT_COLUMNS, agreement_table, spearman
from headcount.analysis.chance import chance_jaccard, chance_overlap, chance_recall
from headcount.analysis.recall import RECALL_COLUMNS, recall_table
from headcount.analysis.required import CROSSINGS, largest_removed, required
from headcount.analysis.runs import Run
from headcount.order.curve import order_table
from headcount.order.points import relative
from headcount.order.ranking import Head

FIRST, LAST = CROSSINGS
REMOVED = [0, 2, 3, 5, 6]
HEADS: list[Head] = [(0, 2), (1, 1), (0, 0), (1, 2), (0, 1), (1, 0)]
"""Six heads in an order of removal."""
SEQUENTIAL: list[Head] = list(np.ndindex(2, 3))

SHAPES = {
    "wiggles": ([1.0, 0.95, 0.8, 0.92, 0.1], 2, 5),
    "wiggles-twice": ([1.0, 0.85, 0.95, 0.85, 0.95], 0, 6),
    "never-reaches-it-again": ([1.0, 0.95, 0.91, 0.5, 0.2], 3, 3),
    "falls-at-the-first-point": ([1.0, 0.5, 0.4, 0.3, 0.2], 0, 0),
    "stays-above-to-the-end": ([1.0, 1.1, 0.95, 0.93, 0.9], 6, 6),
    "below-zero": ([1.0, 0.9, -0.7, 0.2, 0.0], 2, 2),
}


def run(
    scores: list[float | None],
    task: str = "cola",
    seed: int = 1,
    heads: list[Head] = SEQUENTIAL,
    importance: np.ndarray | None = None,
    collapsed: bool = False,
    **keys: str,
) -> Run:
    """A run with these relative scores after each removed head; importances that give the order, unless given."""
    if importance is None:
        importance = np.zeros((2, 3))
        for rank, head in enumerate(heads, 1):
            importance[head] = rank
    made = {"unit": "head", "criterion": "gate_gradient", "norm": "l1", "schedule": "one_shot"}
    columns = {"study": "test", "model": "roberta", **made, **keys}
    curve = pd.DataFrame({**columns, "task": task, "seed": seed, "removed": range(len(scores))})
    return Run(curve.assign(relative_score=pd.array(scores, dtype="Float64")), heads, importance, collapsed)


def keeps(gone: int, **others: Any) -> Run:
    """A run that holds its score until ``gone`` of six heads are removed, and has none after that."""
    return run([1.0] * (gone + 1) + [0.0] * (6 - gone), **others)


UNDEFINED: list[float | None] = [None] * 7


# ------------------------------------------------------------------------------------------------------- required heads


@pytest.mark.parametrize(("scores", "first", "last"), SHAPES.values(), ids=SHAPES.keys())
def test_the_level_is_left_at_the_first_or_at_the_last_crossing(scores, first, last):
    assert largest_removed(REMOVED, scores, 0.9, FIRST) == first
    assert largest_removed(REMOVED, scores, 0.9, LAST) == last


@pytest.mark.parametrize(("scores", "first", "last"), SHAPES.values(), ids=SHAPES.keys())
def test_the_heads_not_yet_removed_at_the_crossing_are_required(scores, first, last):
    assert required(REMOVED, scores, HEADS, 0.9, FIRST) == set(HEADS) - set(HEADS[:first])
    assert required(REMOVED, scores, HEADS, 0.9, LAST) == set(HEADS) - set(HEADS[:last])


def test_the_first_crossing_is_the_default():
    assert required(REMOVED, SHAPES["wiggles"][0], HEADS, 0.9) == {(0, 0), (1, 2), (0, 1), (1, 0)}


@pytest.mark.parametrize("crossing", CROSSINGS)
def test_against_the_definition_on_random_curves(crossing):
    rng = np.random.default_rng(0)
    for _ in range(200):
        scores = [1.0, *rng.uniform(0.5, 1.2, 8)]
        level = float(rng.uniform(0.5, 1))
        reach = [
            point
            for point in range(9)
            if (crossing == LAST and scores[point] >= level) or all(score >= level for score in scores[: point + 1])
        ]
        assert largest_removed(range(9), scores, level, crossing) == max(reach)


def test_a_higher_level_never_requires_fewer_heads():
    scores = [1.0, *np.random.default_rng(1).uniform(0, 1.1, 20)]
    for crossing in CROSSINGS:
        gone = [largest_removed(range(21), scores, level, crossing) for level in np.linspace(0, 1, 50)]
        assert gone == sorted(gone, reverse=True)


def test_a_score_of_exactly_the_level_reaches_it_whatever_floating_point_makes_of_it():
    scores = relative([0.8, 0.72, 0.5])
    assert scores[1] is not None and scores[1] < 0.9
    assert largest_removed([0, 1, 2], scores, 0.9) == 1


@pytest.mark.parametrize("crossing", CROSSINGS)
def test_undefined_relative_scores_require_no_set_rather_than_an_empty_one(crossing):
    assert largest_removed(REMOVED, [None] * 5, 0.9, crossing) is None
    assert required(REMOVED, pd.Series([None] * 5, dtype="Float64").tolist(), HEADS, 0.9, crossing) is None


@pytest.mark.parametrize(
    ("removed", "scores", "level", "crossing", "message"),
    [
        ([0, 1], [1.0, 0.5], 0.9, "any", "allowed are first_crossing, last_crossing"),
        ([0, 1], [1.0, 0.5], 1.1, FIRST, "level 1.1: allowed is 0 … 1"),
        ([1, 2], [1.0, 0.5], 0.9, FIRST, "rise from 0"),
        ([0, 2, 1], [1.0, 0.5, 0.7], 0.9, FIRST, "rise from 0"),
        ([], [], 0.9, FIRST, "rise from 0"),
        ([0, 1], [1.0, None], 0.9, FIRST, "null at 1 of 2 points"),
    ],
)
def test_what_is_no_curve_or_no_level_is_refused(removed, scores, level, crossing, message):
    with pytest.raises(ValueError, match=message):
        largest_removed(removed, scores, level, crossing)


# ------------------------------------------------------------------------------------------------------- collapsed runs


def on_disk(scores: list[float | None], heads: list[Head], collapsed: bool) -> Run:
    """A run as a stage writes it, with its metrics."""
    made = {"unit": "head", "criterion": "gate_gradient", "norm": "l1", "schedule": "one_shot"}
    curve = pd.DataFrame({"study": "test", "model": "roberta", "task": "cola", "seed": 1, **made, "removed": range(7)})
    metrics = pd.DataFrame({"model": "roberta", "task": ["cola", "sst2"], "seed": 1, "collapsed": [collapsed, not collapsed]})
    scored = curve.assign(relative_score=pd.array(scores, dtype="Float64"))
    return Run.of(scored, order_table(heads, ("row", "head")), np.arange(6.0).reshape(2, 3), metrics)


def test_a_collapsed_run_of_which_no_curve_was_computed_is_counted_like_one_whose_curve_was():
    computed = on_disk([1.0, 0.9, 0.9, 0.8, 0.7, 0.6, 0.5], SEQUENTIAL, collapsed=True)
    tables = [
        (recall_table([keeps(3, task="mlm")], [one], [0.75], 0.9), agreement_table([keeps(2, task="mlm"), one], 0.9))
        for one in (computed, on_disk([None] * 7, [], collapsed=True))
    ]
    for with_curve, without in zip(*tables, strict=True):
        pd.testing.assert_frame_equal(with_curve, without)


def test_a_run_that_has_learnt_names_every_unit_in_its_order():
    with pytest.raises(ValueError, match="must name each head"):
        on_disk([1.0] * 7, [], collapsed=False)


# --------------------------------------------------------------------------------------------------------------- chance

SIZES = [(heads, drawn, wanted) for heads in (1, 2, 5, 8) for drawn in range(heads + 1) for wanted in range(heads + 1)]
TIES = [(16, 2, 3), (16, 2, 13)]
"""A cumulative probability is exactly 97.5 % or 2.5 % here."""


def shared_in_all_subsets(heads: int, drawn: int, wanted: int) -> list[int]:
    """How many of the first ``wanted`` heads are in each set of ``drawn`` heads, ascending."""
    return sorted(sum(head < wanted for head in subset) for subset in combinations(range(heads), drawn))


@pytest.mark.parametrize(("heads", "drawn", "wanted"), SIZES + TIES)
def test_chance_of_recall_is_that_of_all_subsets(heads, drawn, wanted):
    found = chance_recall(heads, drawn, wanted)
    if not wanted:
        assert found is None
        return
    shared = shared_in_all_subsets(heads, drawn, wanted)

    def quantile(share: Fraction) -> int:
        return next(count for count in shared if Fraction(sum(other <= count for other in shared), len(shared)) >= share)

    expected = [np.mean(shared), quantile(Fraction(1, 40)), quantile(Fraction(39, 40))]
    assert found == pytest.approx(np.array(expected) / wanted)


@pytest.mark.parametrize(("heads", "first", "second"), SIZES)
def test_expected_overlap_and_jaccard_are_those_of_all_subsets(heads, first, second):
    shared = shared_in_all_subsets(heads, first, second)
    overlap, jaccard = chance_overlap(heads, first, second), chance_jaccard(heads, first, second)
    if not (first and second):
        assert overlap is None
    else:
        assert overlap == pytest.approx(np.mean([count / min(first, second) for count in shared]))
    if not (first or second):
        assert jaccard is None
    else:
        assert jaccard == pytest.approx(np.mean([count / (first + second - count) for count in shared]))


@pytest.mark.parametrize(("drawn", "wanted"), [(192, 150), (10, 300), (380, 5)])
def test_chance_band_of_a_large_model_is_the_library_s(drawn, wanted):
    from scipy.stats import hypergeom

    found = chance_recall(384, drawn, wanted)
    low, high = hypergeom.interval(0.95, 384, wanted, drawn)
    assert found == pytest.approx((hypergeom.mean(384, wanted, drawn) / wanted, low / wanted, high / wanted))


# --------------------------------------------------------------------------------------------------------------- recall


def test_recall_is_the_share_of_the_wanted_heads_that_the_pre_train_task_keeps():
    pretrain = run([1.0, 1.0, 0.8, 0.7, 0.6, 0.2, 0.1], "mlm")
    downstream = run([1.0, 1.0, 0.95, 0.91, 0.5, 0.4, 0.3], heads=SEQUENTIAL[::-1])
    table = recall_table([pretrain], [downstream], [0.5, 0.75, 0.9], 0.9)
    first = table[table["crossing"] == FIRST]
    kept, wanted = [set(SEQUENTIAL[4:]), set(SEQUENTIAL[2:]), set(SEQUENTIAL[1:])], set(SEQUENTIAL[:3])
    assert first["pretrain_heads"].tolist() == [2, 4, 5] and first["downstream_heads"].tolist() == [3, 3, 3]
    assert first["shared"].tolist() == [len(heads & wanted) for heads in kept] == [0, 1, 2]
    assert first["recall"].tolist() == pytest.approx([0, 1 / 3, 2 / 3])
    assert first["chance"].tolist() == pytest.approx([2 / 6, 4 / 6, 5 / 6])
    for row in first.itertuples():
        assert (row.chance, row.chance_low, row.chance_high) == chance_recall(6, row.pretrain_heads, 3)


def test_each_crossing_is_used_on_both_curves():
    wiggle: list[float | None] = [1.0, 0.95, 0.5, 0.5, 0.95, 0.1, 0.1]
    table = recall_table([run(wiggle, "mlm")], [run(wiggle)], [0.9], 0.9).set_index("crossing")
    assert table["pretrain_heads"].to_dict() == table["downstream_heads"].to_dict() == {FIRST: 5, LAST: 2}


def test_an_empty_downstream_set_has_no_recall_and_an_empty_pre_train_set_recalls_nothing():
    nothing_wanted = recall_table([keeps(3, task="mlm")], [keeps(6)], [0.75], 0.9)
    assert nothing_wanted["downstream_heads"].tolist() == [0, 0] and nothing_wanted["shared"].tolist() == [0, 0]
    assert nothing_wanted[["recall", "chance", "chance_low", "chance_high"]].isna().all(axis=None)
    nothing_kept = recall_table([keeps(6, task="mlm")], [keeps(3)], [0.75], 0.9)
    assert nothing_kept["pretrain_heads"].tolist() == [0, 0]
    assert (nothing_kept[["recall", "chance", "chance_low", "chance_high"]] == 0).all(axis=None)


@pytest.mark.parametrize(
    ("pretrain", "downstream", "collapsed", "known"),
    [
        (keeps(3, task="mlm"), keeps(2, collapsed=True), True, [3, None]),
        (keeps(3, task="mlm"), run(UNDEFINED), False, [3, None]),
        (keeps(3, task="mlm"), run(UNDEFINED, collapsed=True), True, [3, None]),
        (run(UNDEFINED, "mlm"), keeps(2), False, [None, 4]),
    ],
    ids=["collapsed", "undefined", "both", "pre-train-undefined"],
)
def test_undefined_sets_give_nulls_and_the_table_says_why(pretrain, downstream, collapsed, known):
    table = recall_table([pretrain], [downstream], [0.75], 0.9)
    assert table["collapsed"].tolist() == [collapsed] * 2
    assert table[["shared", "recall", "chance", "chance_low", "chance_high"]].isna().all(axis=None)
    sizes = table.loc[0, ["pretrain_heads", "downstream_heads"]].tolist()
    assert [None if pd.isna(size) else size for size in sizes] == known


def test_a_run_is_compared_with_the_pre_train_run_of_its_seed_and_norm():
    pretrain = [
        keeps(gone, task="mlm", seed=seed, norm=norm) for gone, seed, norm in [(1, 1, "l1"), (2, 2, "l1"), (3, 1, "l2")]
    ]
    downstream = [keeps(2, seed=seed, norm=norm) for seed, norm in [(2, "l1"), (1, "l2"), (1, "l1")]]
    table = recall_table(pretrain, downstream, [0.9], 0.9)
    assert table[table["crossing"] == FIRST]["pretrain_heads"].tolist() == [4, 3, 5]
    with pytest.raises(ValueError, match="roberta, cola, seed 2, norm l1: no run of the pre-train task"):
        recall_table(pretrain[:1], downstream, [0.9], 0.9)


def test_recall_has_a_row_per_run_crossing_and_level_in_the_order_given():
    tasks = ["sst2", "cola"]
    table = recall_table([keeps(3, task="mlm")], [keeps(2, task=task) for task in tasks], [0.5, 0.75], 0.9)
    assert list(table.columns) == list(RECALL_COLUMNS)
    expected = [(task, crossing, x) for task in tasks for crossing in CROSSINGS for x in (0.5, 0.75)]
    assert list(table[["task", "crossing", "x"]].itertuples(index=False, name=None)) == expected
    keys = table[["study", "model", "norm", "seed", "heads", "downstream_level"]].drop_duplicates()
    assert keys.to_numpy().tolist() == [["test", "roberta", "l1", 1, 6, 0.9]]


def test_nulls_survive_a_file(tmp_path):
    table = recall_table([keeps(3, task="mlm")], [keeps(2), run(UNDEFINED, "sst2")], [0.75], 0.9)
    table.to_parquet(tmp_path / "recall.parquet")
    assert pd.read_parquet(tmp_path / "recall.parquet").equals(table) and table["recall"].isna().sum() == 2


def test_no_runs_give_empty_tables_with_all_columns():
    assert list(recall_table([], [], [0.5], 0.9).columns) == list(RECALL_COLUMNS)
    assert list(agreement_table([], 0.9).columns) == list(AGREEMENT_COLUMNS)


# ------------------------------------------------------------------------------------------------------------ agreement


def test_agreement_of_two_runs_against_sets_counted_by_hand():
    shuffled: list[Head] = [(0, 0), (1, 2), (0, 1), (0, 2), (1, 0), (1, 1)]
    table = agreement_table([keeps(2), keeps(3, task="sst2", heads=shuffled)], 0.9)
    row = table.iloc[0]  # kept: (0, 2) (1, 0) (1, 1) (1, 2) and (0, 2) (1, 0) (1, 1)
    assert row[["heads_a", "heads_b", "heads", "shared", "overlap"]].tolist() == [4, 3, 6, 3, 1.0]
    assert row["jaccard"] == pytest.approx(3 / 4)
    assert row["overlap_chance"] == pytest.approx(4 / 6)
    assert row["jaccard_chance"] == pytest.approx((4 * 1 / 6 + 12 * 2 / 5 + 4 * 3 / 4) / 20)
    # ranks 1 2 3 4 5 6 and 1 3 4 5 6 2: 1 - 6 Σd² / (n (n² - 1))
    assert row["spearman"] == pytest.approx(1 - 6 * (0 + 1 + 1 + 1 + 1 + 16) / (6 * 35))


def test_a_pair_stands_once_in_the_order_of_the_runs_and_under_one_norm():
    keys = [("mlm", 1), ("mlm", 2), ("cola", 1), ("cola", 2)]
    runs = [keeps(3, task=task, seed=seed, norm=norm) for norm in ("l1", "none") for task, seed in keys]
    table = agreement_table(runs, 0.9)
    expected = [(norm, *a, *b) for norm in ("l1", "none") for a, b in combinations(keys, 2)]
    assert list(table[["norm", "task_a", "seed_a", "task_b", "seed_b"]].itertuples(index=False, name=None)) == expected
    assert list(table.columns) == list(AGREEMENT_COLUMNS)


def test_agreement_takes_the_crossing_that_is_asked_for():
    wiggle: list[float | None] = [1.0, 0.95, 0.5, 0.5, 0.95, 0.1, 0.1]
    runs = [run(wiggle), run(wiggle, "sst2")]
    assert agreement_table(runs, 0.9)["heads_a"].tolist() == [5]
    assert agreement_table(runs, 0.9, LAST)["heads_a"].tolist() == [2]


@pytest.mark.parametrize("lost", [keeps(2, collapsed=True), run(UNDEFINED)], ids=["collapsed", "undefined"])
def test_sets_of_a_lost_run_are_null_but_its_importances_still_correlate(lost):
    row = agreement_table([lost, keeps(2, task="sst2")], 0.9).iloc[0]
    assert row[["heads_a", "shared", "overlap", "overlap_chance", "jaccard", "jaccard_chance"]].isna().all()
    assert row["heads_b"] == 4 and row["spearman"] == pytest.approx(1)


def test_agreement_with_an_empty_set():
    one_empty = agreement_table([keeps(6), keeps(2, task="sst2")], 0.9).iloc[0]
    assert one_empty[["overlap", "overlap_chance"]].isna().all()
    assert one_empty[["shared", "jaccard", "jaccard_chance"]].tolist() == [0, 0, 0]
    both_empty = agreement_table([keeps(6), keeps(6, task="sst2")], 0.9).iloc[0]
    assert both_empty["shared"] == 0 and both_empty[["overlap", "jaccard", "jaccard_chance"]].isna().all()


def test_correlation_with_equal_importances_is_undefined():
    assert spearman(np.full((2, 3), 0.25), np.arange(6.0).reshape(2, 3)) is None
    flat = keeps(2, importance=np.full((2, 3), 0.25))
    assert agreement_table([flat, keeps(2, task="sst2")], 0.9)["spearman"].isna().all()


def test_correlation_ranks_all_heads_with_ties_at_their_mean_rank():
    a, b = np.array([[1.0, 2.0], [2.0, 9.0]]), np.array([[0.1, 0.3], [0.2, 0.2]])
    ranks = np.array([1, 2.5, 2.5, 4]), np.array([1, 4, 2.5, 2.5])
    assert spearman(a, b) == pytest.approx(np.corrcoef(*ranks)[0, 1])


# ----------------------------------------------------------------------------------------------------------------- runs

METRICS = pd.DataFrame(
    [("roberta", "cola", 1, True), ("roberta", "cola", 2, False), ("roberta", "sst2", 1, False), ("albert", "cola", 1, False)],
    columns=["model", "task", "seed", "collapsed"],
)


@pytest.mark.parametrize(("task", "seed", "collapsed"), [("cola", 1, True), ("cola", 2, False), ("sst2", 1, False)])
def test_the_metrics_tell_whether_a_run_collapsed(task, seed, collapsed):
    made = keeps(2, task=task, seed=seed)
    found = Run.of(made.curve, order_table(made.order, ("row", "head")), made.importance, METRICS)
    assert found.collapsed is collapsed
    assert found.required(0.9, FIRST) == (None if collapsed else set(SEQUENTIAL[2:]))


def test_a_pre_train_run_has_no_metrics_and_another_must_have_them():
    pretrain, other = keeps(2, task="mlm"), keeps(2, task="qqp")
    order = order_table(pretrain.order, ("row", "head"))
    assert not Run.of(pretrain.curve, order, pretrain.importance).collapsed
    with pytest.raises(ValueError, match="roberta, qqp, seed 1, norm l1: one row in the metrics is needed, 0 found"):
        Run.of(other.curve, order, other.importance, METRICS)


@pytest.mark.parametrize("heads", [HEADS[1:], HEADS + HEADS[:1], [*HEADS[1:], (2, 0)]], ids=["short", "twice", "stranger"])
def test_an_order_that_does_not_name_each_head_once_is_refused(heads):
    with pytest.raises(ValueError, match=r"must name each head of an importance tensor \(2, 3\) once"):
        keeps(2, heads=heads, importance=np.ones((2, 3)))


def test_a_run_reads_its_order_by_place_whatever_the_rows_of_the_file():
    made = keeps(2, heads=HEADS)
    order = order_table(HEADS, ("row", "head")).sample(frac=1, random_state=0)
    assert Run.of(made.curve, order, made.importance).order == HEADS


def layers(gone: int, task: str, order: list[tuple[int, ...]], importance: np.ndarray) -> Run:
    """A run over four layers from what would lie on disk, with an importance for each of their heads."""
    curve = keeps(gone, task=task, unit="layer", norm="none").curve.iloc[: len(order) + 1]
    return Run.of(curve, order_table(order, ("layer",)), importance)


def test_layers_are_compared_as_heads_are_and_weigh_what_their_heads_do():
    first, second = np.array([[1.0, 1.0], [3.0, 0.0], [2.0, 2.0], [0.0, 1.0]]), np.array([[4.0], [3.0], [2.0], [1.0]])
    pretrain = layers(1, "mlm", [(3,), (0,), (1,), (2,)], first)
    task = layers(2, "cola", [(3,), (2,), (1,), (0,)], second)
    assert pretrain.importance.tolist() == [2.0, 3.0, 4.0, 1.0] and pretrain.units == 4
    table = recall_table([pretrain], [task], [0.9], 0.9)
    assert (
        table[["unit", "criterion", "heads", "pretrain_heads", "downstream_heads", "shared", "recall"]].to_numpy().tolist()
        == [["layer", "gate_gradient", 4, 3, 2, 2, 1.0]] * 2
    )
    row = agreement_table([pretrain, task], 0.9).iloc[0]
    assert row[["unit", "heads_a", "heads_b", "shared"]].tolist() == ["layer", 3, 2, 2]
    assert row["spearman"] == pytest.approx(0.2)  # ranks 2 3 4 1 and 4 3 2 1: 1 - 6 · (4 + 0 + 4 + 0) / (4 · 15)


def test_an_order_of_another_kind_of_unit_is_refused():
    made = keeps(2, unit="layer")
    with pytest.raises(ValueError, match="an order of layers has the columns place, layer; this one has place, row, head"):
        Run.of(made.curve, order_table(made.order, ("row", "head")), made.importance)
    with pytest.raises(ValueError, match="unit 'neuron' is unknown: allowed are head, layer_heads, layer"):
        Run.of(made.curve.assign(unit="neuron"), order_table(made.order, ("row", "head")), made.importance)


def test_a_run_has_one_curve():
    made, other = keeps(2), keeps(2, seed=2)
    with pytest.raises(ValueError, match="one seed, not 2"):
        Run(pd.concat([made.curve, other.curve]), made.order, made.importance)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"model": "albert"}, "one model are compared, not of albert, roberta"),
        ({"study": "another"}, "one study"),
        ({"schedule": "iterative"}, "one schedule are compared, not of iterative, one_shot"),
        ({"unit": "feature"}, "one unit are compared, not of feature, head"),
        ({"criterion": "top"}, "one criterion are compared, not of gate_gradient, top"),
        ({"task": "cola"}, "given twice: roberta, cola, seed 1, norm l1"),
        ({"importance": np.arange(6.0).reshape(1, 6), "heads": [(0, head) for head in range(6)]}, "one shape"),
    ],
)
def test_runs_that_do_not_belong_together_are_refused(other, message):
    runs = [keeps(2), keeps(2, **{"task": "sst2", **other})]
    with pytest.raises(ValueError, match=message):
        agreement_table(runs, 0.9)
    with pytest.raises(ValueError, match=message):
        recall_table([keeps(2, task="mlm")], runs, [0.5], 0.9)


def test_layers_are_never_compared_with_features():
    """Four of six are left of either, three of them under the same number: a recall of 0.75 that would mean nothing."""
    layers = keeps(2, task="mlm", unit="layer")
    shifted: list[Head] = [*SEQUENTIAL[:1], *SEQUENTIAL[2:3], *SEQUENTIAL[1:2], *SEQUENTIAL[3:]]
    same_unit = recall_table([layers], [keeps(2, heads=shifted, unit="layer")], [0.9], 0.9)
    assert same_unit["recall"].tolist() == [0.75, 0.75]
    features = keeps(2, heads=shifted, unit="feature")
    for refused in (lambda: recall_table([layers], [features], [0.9], 0.9), lambda: agreement_table([layers, features], 0.9)):
        with pytest.raises(ValueError, match=r"^runs of one unit are compared, not of feature, layer$"):
            refused()


def test_tables_are_made_without_loading_torch_and_imported_without_scipy():
    script = """
import sys
import numpy as np, pandas as pd
from headcount.analysis.agreement import agreement_table
from headcount.analysis.recall import recall_table
from headcount.analysis.runs import Run
assert not [name for name in sys.modules if name.startswith("scipy")], "scipy on import"
made = {"unit": "head", "criterion": "gate_gradient", "norm": "l1", "schedule": "one_shot"}
keys = {"study": "s", "model": "m", "seed": 1, **made}
def run(task):
    curve = pd.DataFrame({**keys, "task": task, "removed": [0, 1, 2], "relative_score": [1.0, 0.9, 0.1]})
    return Run(curve, [(0, 0), (0, 1)], np.array([[0.25, 0.75]]))
assert recall_table([run("mlm")], [run("cola")], [0.75], 0.9)["recall"].tolist() == [1.0, 1.0]
assert agreement_table([run("mlm"), run("cola")], 0.9)["jaccard"].tolist() == [1.0]
assert not [name for name in sys.modules if name.split(".")[0] in ("torch", "transformers", "datasets")]
"""
    subprocess.run([sys.executable, "-c", script], check=True)
