"""Tables that set one run beside another, on cases worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from headcount.analysis.before_after import before_after_table, freezing_table
from headcount.analysis.moved_heads import Measured, heads_table, layers_table


def metrics(scores: dict[int, float], collapsed: tuple[int, ...] = (), **more: Any) -> pd.DataFrame:
    rows = [
        {
            "study": "s",
            "model": "m",
            "task": "cola",
            "seed": seed,
            "score": score,
            "collapsed": seed in collapsed,
            **more,
        }
        for seed, score in scores.items()
    ]
    return pd.DataFrame(rows)


def curve(seed: int, scores: list[float], task: str = "cola") -> pd.DataFrame:
    points = range(len(scores))
    return pd.DataFrame(
        {
            "study": "s",
            "model": "m",
            "task": task,
            "seed": seed,
            "norm": "l1",
            "removed": points,
            "removed_fraction": [point / (len(scores) - 1) for point in points],
            "score": scores,
            "relative_score": [score / scores[0] for score in scores],
        }
    )


def test_of_a_collapsed_run_the_curves_scores_are_never_read() -> None:
    """Each way, the run is there with null relative scores, so that it is counted."""
    runs, before = metrics({1: 0.9, 2: 0.1}, collapsed=(2,)), metrics({1: 0.8, 2: 0.7}, removed=1, removed_fraction=0.5)
    found = []
    for scores in ([0.1, 0.2, 0.1], [np.nan] * 3):
        curves = pd.concat([curve(1, [0.9, 0.8, 0.1]), curve(2, scores)])
        table = before_after_table(curves, curves, curve(1, [0.6, 0.5, 0.1], "mlm"), before, runs)
        found.append(table.drop(columns="score"))
    pd.testing.assert_frame_equal(*found)
    assert found[0].groupby("seed")["relative_score"].count().to_dict() == {1: 7, 2: 0}


def test_frozen_scores_are_relative_to_the_ordinary_run_of_their_seed() -> None:
    table = freezing_table(metrics({1: 0.4, 2: 0.6}, frozen="layers", frozen_layers=5), metrics({2: 0.8, 1: 0.5}))
    assert table["seed"].tolist() == [1, 2]
    assert table["ordinary_score"].tolist() == [0.5, 0.8]
    assert table["relative_score"].tolist() == pytest.approx([0.8, 0.75])
    assert table["layers"].tolist() == [5, 5]


def test_each_arm_of_freezing_stands_beside_the_same_ordinary_run() -> None:
    arms = [
        metrics({1: score}, frozen=arm, frozen_layers=5) for arm, score in (("layers", 0.5), ("layers and embeddings", 0.4))
    ]
    table = freezing_table(pd.concat(arms), metrics({1: 0.8}))
    assert table["frozen"].tolist() == ["layers", "layers and embeddings"]
    assert table["relative_score"].tolist() == pytest.approx([0.625, 0.5])


@pytest.mark.parametrize(
    ("frozen", "ordinary"),
    [
        (metrics({1: 0.4}, collapsed=(1,), frozen="layers", frozen_layers=5), metrics({1: 0.5})),
        (metrics({1: 0.4}, frozen="layers", frozen_layers=5), metrics({1: 0.5}, collapsed=(1,))),
        (metrics({1: 0.4}, frozen="layers", frozen_layers=5), metrics({1: 0.0})),
    ],
    ids=["frozen collapsed", "ordinary collapsed", "ordinary at zero"],
)
def test_a_frozen_run_without_a_fair_comparison_is_undefined(frozen: pd.DataFrame, ordinary: pd.DataFrame) -> None:
    row = freezing_table(frozen, ordinary).iloc[0]
    assert pd.isna(row["relative_score"])
    assert row["collapsed"] == bool(frozen["collapsed"].iloc[0] or ordinary["collapsed"].iloc[0])


def test_the_three_arms_are_relative_to_the_same_unpruned_run() -> None:
    table = before_after_table(
        curve(1, [0.8, 0.6, 0.0]),
        curve(1, [0.8, 0.4, 0.0]),
        curve(1, [0.5, 0.3, 0.1], task="mlm"),
        metrics({1: 0.7}, removed=1, removed_fraction=0.5),
        metrics({1: 0.8}),
    )
    half = table[table["removed"] == 1].set_index("arm")
    assert half["relative_score"].to_dict() == pytest.approx({"after_own": 0.75, "after_pretrain": 0.5, "before": 0.875})
    assert half["norm"].tolist() == ["l1"] * 3
    assert half.loc["before", "pretrain_relative_score"] == pytest.approx(0.6)
    assert half.loc["after_pretrain", "pretrain_relative_score"] == pytest.approx(0.6)
    assert pd.isna(half.loc["after_own", "pretrain_relative_score"])
    assert len(table) == 7


def test_curves_of_two_units_are_not_compared() -> None:
    heads, layers = (curve(1, [0.8, 0.0]).assign(unit=unit) for unit in ("head", "layer"))
    before = metrics({1: 0.0}, removed=1, removed_fraction=1.0)
    with pytest.raises(ValueError, match="one unit are compared, not of head, layer"):
        before_after_table(heads, layers, heads.assign(task="mlm"), before, metrics({1: 0.8}))


def test_that_the_ordinary_run_collapsed_is_told() -> None:
    curves = [curve(1, [0.8, 0.0]), curve(1, [0.8, 0.0]), curve(1, [0.5, 0.1], task="mlm")]
    before = metrics({1: 0.7}, removed=1, removed_fraction=1.0)
    table = before_after_table(*curves, before, metrics({1: 0.8}, collapsed=(1,)))
    assert table["collapsed"].all() and table["relative_score"].isna().all()


def test_a_run_pruned_first_that_collapsed_counts_with_its_score() -> None:
    curves = [curve(1, [0.8, 0.0]), curve(1, [0.8, 0.0]), curve(1, [0.5, 0.1], task="mlm")]
    before = metrics({1: 0.0}, collapsed=(1,), removed=1, removed_fraction=1.0)
    table = before_after_table(*curves, before, metrics({1: 0.8}))
    assert table.loc[table["arm"] == "before", "relative_score"].tolist() == [0.0]


RUN = {"study": "s", "model": "m", "task": "cola", "seed": 1}


def moved(js: np.ndarray, l2: np.ndarray) -> dict[str, np.ndarray]:
    """A divergence whose layer-local half is a tenth of it."""
    return {"attention_js": js, "hidden_l2": l2, "attention_js_local": js / 10, "hidden_l2_local": l2 / 10}


def test_each_head_has_its_divergence_beside_its_importances() -> None:
    js, own, pretrain = (np.arange(6.0).reshape(2, 3) + shift for shift in (0, 10, 20))
    table = heads_table([Measured(RUN, moved(js, np.zeros(3)), own, pretrain)])
    row = table[(table["layer"] == 1) & (table["head"] == 2)].iloc[0]
    names = ["attention_js", "attention_js_local", "importance", "pretrain_importance"]
    assert row[names].tolist() == [5, 0.5, 15, 25]
    assert len(table) == 6


def test_heads_that_layers_share_have_no_importance_of_their_own() -> None:
    table = heads_table([Measured(RUN, moved(np.ones((2, 3)), np.zeros(3)), np.ones((1, 3)), np.ones((1, 3)))])
    assert table[["importance", "pretrain_importance"]].isna().all(axis=None)
    assert table["attention_js"].notna().all()


def test_layer_zero_is_the_embeddings() -> None:
    l2 = np.array([0.1, 0.2, 0.3])
    table = layers_table([Measured(RUN, moved(np.ones((2, 3)), l2), np.ones((2, 3)), np.ones((2, 3)))])
    assert dict(zip(table["layer"], table["hidden_l2"], strict=True)) == {0: 0.1, 1: 0.2, 2: 0.3}
    assert table["hidden_l2_local"].tolist() == pytest.approx([0.01, 0.02, 0.03])
