"""Figures of outlier features: what is drawn is what the tables say, what is left out is said, and mixtures are refused."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from test_figures import METRIC, legend, panels, words
from test_figures_divergence import assert_legible

from headcount.analysis.features import Bounds, emergence_rows, feature_table
from headcount.figures import style
from headcount.figures.ablation import ablation_figure
from headcount.figures.emergence import emergence_figure
from headcount.figures.features import LOOK, MEASURES, features_figure
from headcount.figures.panels import apart

BOUNDS = Bounds(3.0, 0.25)
TASKS = ["cola", "sst2"]


def weights(layers: int, width: int, far: dict[int, Sequence[int]], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scale and bias with features that lie far out in some layers (from 1)."""
    random = np.random.default_rng(seed)
    scale, bias = random.normal(1, 0.02, (layers, width)), random.normal(0, 0.02, (layers, width))
    for feature, inside in far.items():
        for layer in inside:
            scale[layer - 1, feature], bias[layer - 1, feature] = 0.5 + feature / 1000, (-1) ** feature * (0.4 + layer / 100)
    return scale, bias


def features(
    far: dict[int, Sequence[int]], model: str = "roberta", layers: int = 4, width: int = 64, bounds: Bounds = BOUNDS
) -> pd.DataFrame:
    return feature_table(*weights(layers, width, far), bounds, {"study": "test", "model": model})


TWO = features({5: [1, 2, 3], 40: [1, 2], 60: [4]})
"""5 and 40 are outliers of the model; 60 is one in the highest layer alone, which is not more than a quarter."""


# ------------------------------------------------------------------------------------------------- which stand out, where


def test_a_row_for_each_outlier_of_the_model_and_layer_the_most_extreme_first() -> None:
    _, table = features_figure(TWO, ["roberta"], BOUNDS)
    assert table["feature"].tolist() == [5] * 4 + [40] * 4
    assert table["rank"].tolist() == [1] * 4 + [2] * 4
    assert table["layer"].tolist() == [1, 2, 3, 4] * 2
    assert table["outlier"].tolist() == [True, True, True, False, True, True, False, False]
    assert table["alone"].tolist() == [0, 0, 0, 1] * 2
    assert table["features"].eq(64).all()
    read = TWO.set_index(["feature", "layer"])
    for row in table.itertuples():
        assert [row.scale, row.bias, row.z_scale, row.z_bias] == read.loc[
            (row.feature, row.layer), ["scale", "bias", "z_scale", "z_bias"]
        ].tolist()


def dots(axes: Axes, kind: str) -> list[tuple[float, float]]:
    """The points of one look, as they lie on the axes."""
    size, fill = LOOK[kind]["markersize"], LOOK[kind].get("markerfacecolor", LOOK[kind]["color"])
    lines = [line for line in axes.lines if (line.get_markersize(), line.get_markerfacecolor()) == (size, fill)]
    return sorted((float(x), float(y)) for line in lines for x, y in zip(*line.get_data(), strict=True))


def in_rows(axes: Axes) -> float:
    """The value of a whole row: from its ticks, which say what stands how high."""
    place, label = axes.get_yticks()[0], axes.get_yticklabels()[0].get_text()
    return float(label) / place


def test_every_feature_is_drawn_at_its_size_in_its_layers_row_on_one_scale() -> None:
    figure, _ = features_figure(TWO, ["roberta"], BOUNDS)
    of_model, inside = TWO["feature"].isin([5, 40]), TWO["outlier"]
    kinds = {"here": of_model & inside, "elsewhere": of_model & ~inside, "one_layer": ~of_model & inside}
    kinds["other"] = ~(of_model | inside)
    for axes, measure in zip(panels(figure), MEASURES, strict=True):
        whole = in_rows(axes)
        for kind, chosen in kinds.items():
            places = TWO["layer"] - 1 + TWO[measure].abs() / whole
            wanted = sorted(zip(TWO.loc[chosen, "feature"].astype(float), places[chosen], strict=True))
            assert np.array(dots(axes, kind)) == pytest.approx(np.array(wanted)), (measure, kind)
        assert TWO[measure].abs().max() < whole  # nothing reaches the row above
        assert all(line.get_rasterized() for line in axes.lines if len(line.get_xdata()) > 2)
        for place, label in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True):
            assert place % 1 * whole == pytest.approx(float(label.get_text()))
    z_scale, z_bias, *_ = panels(figure)
    assert in_rows(z_scale) == pytest.approx(in_rows(z_bias))


def test_the_bound_is_drawn_in_every_row_of_the_distances_and_nowhere_else() -> None:
    figure, _ = features_figure(TWO, ["roberta"], BOUNDS)
    for axes, measure in zip(panels(figure), MEASURES, strict=True):
        flat = [path.vertices for lines in axes.collections for path in lines.get_paths() if np.ptp(path.vertices[:, 1]) == 0]
        heights = [float(line[0, 1]) for line in flat]
        bound = [layer + BOUNDS.sigma / in_rows(axes) for layer in range(4)]
        assert heights == (pytest.approx(bound) if measure.startswith("z_") else [])
    assert "the bound: 3 standard deviations" in legend(figure)


def test_outliers_of_the_model_are_named_at_their_place() -> None:
    figure, _ = features_figure(TWO, ["roberta"], BOUNDS)
    for axes in panels(figure):
        assert words(axes) == "5 40"
        lines = [path.vertices for lines in axes.collections for path in lines.get_paths() if np.ptp(path.vertices[:, 0]) == 0]
        assert [float(line[0, 0]) for line in lines] == [5, 40]


def test_the_layers_are_numbered_from_the_bottom() -> None:
    figure, _ = features_figure(TWO, ["roberta"], BOUNDS)
    axis = panels(figure)[0].yaxis
    assert [label.get_text() for label in axis.get_minorticklabels()] == ["1", "2", "3", "4"]
    assert list(axis.get_minorticklocs()) == [0.5, 1.5, 2.5, 3.5]


def test_a_model_without_outliers_has_a_row_a_layer_and_its_panels_say_so() -> None:
    figure, table = features_figure(features({60: [4]}), ["roberta"], BOUNDS)
    assert {words(axes) for axes in panels(figure)} == {"no outliers of the model"}
    assert table["layer"].tolist() == [1, 2, 3, 4]
    assert table["alone"].tolist() == [0, 0, 0, 1]
    assert table[["feature", "rank", "outlier", "scale", "z_bias"]].isna().all(axis=None)


def test_one_layer_is_one_row_in_which_an_outlier_is_one_of_the_model() -> None:
    figure, table = features_figure(features({7: [1]}, layers=1), ["roberta"], BOUNDS)
    assert table[["layer", "feature", "outlier"]].to_numpy().tolist() == [[1, 7, True]]
    assert dots(panels(figure)[0], "here") and not dots(panels(figure)[0], "elsewhere")
    assert_legible(figure)


def test_equal_entries_have_no_distance_and_are_drawn() -> None:
    flat = feature_table(np.ones((2, 8)), np.zeros((2, 8)), BOUNDS, {"study": "test", "model": "roberta"})
    figure, _ = features_figure(flat, ["roberta"], BOUNDS)
    assert {y for _, y in dots(panels(figure)[3], "other")} == {0, 1}


def test_a_model_that_was_not_measured_is_said_to_be_so() -> None:
    figure, table = features_figure(TWO, ["roberta", "missing"], BOUNDS)
    assert [words(axes) for axes in panels(figure)[4:]] == ["not measured"] * 4
    assert set(table["model"]) == {"roberta"}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param(pd.concat([TWO, TWO]), "twice", id="rows twice"),
        pytest.param(pd.concat([TWO, features({}, "albert").assign(study="other")]), "one study", id="studies"),
        pytest.param(TWO.iloc[:-1], "255 rows, where 4 layers of 64 features", id="a feature that a layer lacks"),
        pytest.param(features({5: [1]}, bounds=Bounds(0.5, 0.25)), "not those beyond Bounds", id="other bounds"),
    ],
)
def test_features_that_do_not_belong_together_are_refused(rows: pd.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        features_figure(rows, ["roberta", "albert"], BOUNDS)


def test_large_models_are_drawn_without_slowness_and_named_as_far_as_there_is_room() -> None:
    large = features({feature: range(1, 25) for feature in range(100, 112)}, "large", 24, 4096)
    started = time.process_time()
    figure, table = features_figure(large, ["large"], BOUNDS)
    assert time.process_time() - started < 10  # 2 s
    assert table["feature"].nunique() == 12
    names = words(panels(figure)[0]).split()
    assert 1 < len(names) < 12
    assert f"(named: {len(names)} of 12 outliers)" in panels(figure)[0].get_xlabel()
    assert_legible(figure)


# --------------------------------------------------------------------------------------------- what is left without them


def ablation(
    outlying: Sequence[int] = (0, 16),
    model: str = "roberta",
    task: str = "cola",
    seed: int = 1,
    whole: tuple[float, float] = (0.8, 0.5),
    effect: float = 0.2,
    draws: int = 3,
) -> pd.DataFrame:
    """One run's ablation: zero in place of n features takes n ``effect`` of the score and gives the loss as much; the mean a
    tenth of that, random features a hundredth a draw."""
    trials: list[tuple[str, str, int | None, list[int]]] = [("none", "none", None, [])]
    for replace in ("zero", "mean") if outlying else ():
        trials += [("outlier", replace, None, [feature]) for feature in outlying]
        trials.append(("all", replace, None, list(outlying)))
    trials += [("random", "zero", draw, [20 + draw, 30][: len(outlying)]) for draw in range(1, draws + 1) if outlying]
    rows = []
    for arm, replace, draw, removed in trials:
        share = {"none": 0.0, "zero": effect * len(removed), "mean": effect * len(removed) / 10}[replace]
        share = effect * (draw or 0) / 100 if arm == "random" else share
        score, loss = whole[0] * (1 - share), whole[1] * (1 + share)
        rows.append(
            {
                **{"study": "test", "model": model, "task": task, "seed": seed, "replace": replace, "arm": arm, "draw": draw},
                **{"features": json.dumps(removed), "count": len(removed), "metric": METRIC.get(task, "accuracy")},
                **{"score": score, "relative_score": score / whole[0] if whole[0] > 0 else None},
                **{"loss": loss, "relative_loss": loss / whole[1]},
            }
        )
    return pd.DataFrame(rows).astype({"draw": "Int64", "count": "Int64", "relative_score": "Float64"})


def runs(models: Sequence[str] = ("roberta",), seeds: int = 2) -> pd.DataFrame:
    """Scores are higher by 0.02 with each seed."""
    return pd.concat(
        ablation(model=model, task=task, seed=seed, whole=(0.78 + 0.02 * seed, 0.5))
        for model in models
        for task in ["mlm", *TASKS]
        for seed in range(1, seeds + 1)
    )


def test_means_are_those_worked_out_by_hand() -> None:
    _, table = ablation_figure(runs(), ["roberta"], TASKS)
    at = table.set_index(["task", "replace", "arm", "features"])
    whole = at.loc[("cola", "none", "none", "[]")]
    assert whole["mean"] == pytest.approx(0.81)  # of 0.80 and 0.82
    assert whole["sd"] == pytest.approx(0.02 / 2**0.5)
    assert (whole["measure"], whole["relative"], whole["seeds"], whole["points"]) == ("score", 1, 2, 2)
    every = at.loc[("cola", "zero", "all", "[0, 16]")]
    assert (every["mean"], every["relative"], every["count"]) == (pytest.approx(0.81 * 0.6), pytest.approx(0.6), 2)
    random = at.loc[("cola", "zero", "random", "")]
    assert random["mean"] == pytest.approx(0.81 * (1 - 0.2 * 2 / 100))  # draws 1, 2 and 3
    assert (random["seeds"], random["points"]) == (2, 6)
    masked = at.loc[("mlm", "zero", "outlier", "[16]")]
    assert (masked["measure"], masked["mean"], masked["relative"]) == ("loss", pytest.approx(0.6), pytest.approx(1.2))
    assert list(table["arm"][:8]) == ["none", "outlier", "outlier", "all", "random", "outlier", "outlier", "all"]


def markers(axes: Axes, marker: str, large: bool = True) -> list[tuple[float, float]]:
    lines = [line for line in axes.lines if line.get_marker() == marker and (line.get_markersize() > 4) == large]
    return [(float(x), float(y)) for line in lines for x, y in zip(*line.get_data(), strict=True)]


def test_each_mean_stands_in_the_row_of_what_is_missing() -> None:
    figure, table = ablation_figure(runs(), ["roberta"], TASKS)
    rows = ["whole model", "without 0", "without 16", "without all 2", "without random 2"]
    assert [label.get_text() for label in panels(figure)[0].get_yticklabels()] == rows
    for axes, task in zip(panels(figure), ["mlm", *TASKS], strict=True):
        own = table[table["task"] == task].set_index(["replace", "arm", "features"])["mean"]
        order = [("outlier", "[0]"), ("outlier", "[16]"), ("all", "[0, 16]")]
        zero, mean = ([own[(replace, *key)] for key in order] for replace in ("zero", "mean"))
        assert markers(axes, "D") == [(own[("none", "none", "[]")], 0)]
        assert [x for x, _ in markers(axes, "s")] == [*zero, own[("zero", "random", "")]]
        assert [x for x, _ in markers(axes, "o")] == mean
        assert [round(y) for _, y in markers(axes, "s")] == [1, 2, 3, 4]
        assert [round(y) for _, y in markers(axes, "o")] == [1, 2, 3]
        assert all(above < below for (_, above), (_, below) in zip(markers(axes, "s"), markers(axes, "o"), strict=False))


def test_random_sets_are_a_point_a_seed_and_draw() -> None:
    given = runs()
    figure, _ = ablation_figure(given, ["roberta"], TASKS)
    for axes, task in zip(panels(figure), ["mlm", *TASKS], strict=True):
        drawn = given[(given["task"] == task) & (given["arm"] == "random")]
        values = sorted(drawn["loss" if task == "mlm" else "score"])
        found = [x for x, y in markers(axes, "o", large=False) if round(y) == 4]
        assert found == pytest.approx(values)


def test_losses_and_scores_begin_at_0_and_scores_share_an_axis_that_ends_at_1() -> None:
    figure, _ = ablation_figure(runs(["roberta", "albert"]), ["roberta", "albert"], TASKS)
    limits = [axes.get_xlim() for axes in panels(figure)]
    assert limits[0][0] == limits[3][0] == 0
    scores = {limits[place] for place in (1, 2, 4, 5)}
    assert len(scores) == 1 and min(scores)[0] < 0 < 1 < max(scores)[1]
    assert panels(figure)[0].get_xlabel() == "loss (nats)"
    assert panels(figure)[1].get_xlabel() == "Matthews correlation"


def test_one_outlier_alone_is_all_of_them_and_has_one_row() -> None:
    figure, table = ablation_figure(ablation((7,)), ["roberta"], ["cola"])
    _, axes = panels(figure)
    assert [label.get_text() for label in panels(figure)[0].get_yticklabels()] == [
        "whole model",
        "without 7",
        "without random 1",
    ]
    assert [round(y) for _, y in markers(axes, "s")] == [1, 2]
    assert set(table["arm"]) == {"none", "outlier", "all", "random"}


def test_a_model_without_outliers_has_the_whole_model_alone() -> None:
    figure, table = ablation_figure(ablation(()), ["roberta"], ["cola"])
    masked, axes = panels(figure)
    assert words(masked) == "not run"
    assert words(axes) == "no outlier features: none disabled"
    assert markers(axes, "D") and not markers(axes, "s")
    assert table[["arm", "points"]].to_numpy().tolist() == [["none", 1]]


def test_more_outliers_than_rows_keep_to_the_most_extreme_and_the_table_has_all() -> None:
    figure, table = ablation_figure(ablation(range(40, 55)), ["roberta"], ["cola"])
    labels = [label.get_text() for label in panels(figure)[0].get_yticklabels()]
    assert labels[1:-2] == [f"without {feature}" for feature in range(40, 52)]
    assert labels[-2:] == ["without all 15", "without random 15"]
    assert len(markers(panels(figure)[1], "s")) == 14
    assert len(table[table["arm"] == "outlier"]) == 30


def test_a_collapsed_seed_and_an_undefined_one_are_left_out_and_said_to_be() -> None:
    given = pd.concat([runs(), ablation(task="sst2", seed=3, whole=(0.0, 0.5))])
    figure, table = ablation_figure(given, ["roberta"], TASKS, collapsed={("roberta", "cola", 2)})
    whole = table[table["arm"] == "none"].set_index("task")
    assert whole["seeds"].to_dict() == {"mlm": 2, "cola": 1, "sst2": 2}
    assert (whole.loc["cola", "collapsed"], whole.loc["sst2", "undefined"]) == (1, 1)
    assert whole.loc["cola", "mean"] == 0.8
    _, cola, sst2 = panels(figure)
    assert words(cola) == "1 of 2 seeds collapsed in fine-tuning"
    assert words(sst2).startswith("1 of 3 seeds undefined")
    assert_legible(figure)


def test_a_task_on_which_every_run_collapsed_says_so_in_its_panel() -> None:
    collapsed = {("roberta", "cola", seed) for seed in (1, 2)}
    figure, table = ablation_figure(runs(), ["roberta"], TASKS, collapsed=collapsed)
    assert words(panels(figure)[1]) == "2 of 2 seeds collapsed in fine-tuning"
    assert table.loc[table["task"] == "cola", "mean"].isna().all()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param(pd.concat([ablation(), ablation()]), "twice", id="rows twice"),
        pytest.param(pd.concat([ablation(), ablation(seed=2).assign(study="b")]), "one study", id="studies"),
        pytest.param(pd.concat([ablation(), ablation((0, 17), seed=2)]), "one set of outliers", id="other outliers"),
        pytest.param(ablation().replace({"arm": {"all": "some"}}), "arm some: allowed are none", id="arm"),
        pytest.param(ablation().replace({"replace": {"mean": "noise"}}), "replace noise: allowed", id="replacement"),
    ],
)
def test_ablations_that_do_not_belong_together_are_refused(rows: pd.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ablation_figure(rows, ["roberta"], TASKS)


# ----------------------------------------------------------------------------------------------------- when they emerge


def emergence(steps: Sequence[int] = (0, 100, 400), since: int = 100, model: str = "roberta", width: int = 64) -> pd.DataFrame:
    """Features 5 and 40 stand out from a step on; the loss is 1 + 1 / (1 + step)."""
    parts = []
    for step in steps:
        far = {5: [1, 2, 3], 40: [1, 2]} if step >= since else {}
        keys = {"study": "test", "model": model, "step": step, "loss": 1 + 1 / (1 + step), "recall": 0.5}
        parts.append(emergence_rows(*weights(4, width, far, seed=step), BOUNDS, keys))
    return pd.concat(parts, ignore_index=True)


def test_the_final_outliers_stand_beside_the_band_of_the_others() -> None:
    given = emergence()
    _, table = emergence_figure(given, ["roberta"])
    assert table["feature"].tolist() == [5] * 3 + [40] * 3  # by the smaller of the two distances at the last step
    assert table["step"].tolist() == [0, 100, 400] * 2
    assert table["outlier"].tolist() == [False, True, True] * 2
    assert table["others"].eq(62).all()
    for row in table.itertuples():
        at = given[given["step"] == row.step]
        others = sorted(at.loc[~at["feature"].isin([5, 40]), "z_bias"])
        place = 0.025 * 61  # between the 2nd and the 3rd of 62
        assert row.z_bias_low == pytest.approx(others[1] + (place - 1) * (others[2] - others[1]))
        assert row.z_bias_high == pytest.approx(others[-2] - (place - 1) * (others[-2] - others[-3]))
        assert row.z_scale == float(at.loc[at["feature"] == row.feature, "z_scale"].iloc[0])
        assert row.loss == 1 + 1 / (1 + row.step)


def test_lines_are_the_tables_and_markers_are_filled_where_a_feature_is_an_outlier() -> None:
    figure, table = emergence_figure(emergence(), ["roberta"])
    *of_z, loss = panels(figure)
    for axes, measure in zip(of_z, ("z_scale", "z_bias"), strict=True):
        lines = [line for line in axes.lines if line.get_linewidth() == 1.6 and line.get_linestyle() == "-"]
        assert [line.get_ydata().tolist() for line in lines] == [
            table.loc[table["feature"] == feature, measure].tolist() for feature in (5, 40)
        ]
        hollow = [line for line in axes.lines if line.get_linestyle() == "None" and line.get_markerfacecolor() == "white"]
        assert [line.get_xdata().tolist() for line in hollow] == [[0], [0]]
        assert {text.get_text() for text in axes.texts} == {"5", "40"}
        edges = axes.collections[0].get_paths()[0].vertices
        steps = table.drop_duplicates("step")
        assert {(0.0, steps[f"{measure}_low"].iloc[0]), (400.0, steps[f"{measure}_high"].iloc[-1])} <= set(map(tuple, edges))
        assert axes.get_ylim()[0] == 0
    (line,) = loss.lines
    assert (line.get_xdata().tolist(), line.get_ydata().tolist()) == ([0, 100, 400], [2, 1 + 1 / 101, 1 + 1 / 401])
    assert loss.get_ylim()[0] == 0


def test_a_model_without_outliers_in_the_end_has_the_band_alone() -> None:
    figure, table = emergence_figure(emergence(since=1000), ["roberta"])
    assert [words(axes) for axes in panels(figure)[:2]] == ["no outliers in the end"] * 2
    assert table["step"].tolist() == [0, 100, 400] and table["feature"].isna().all()
    assert_legible(figure)


def test_only_models_that_were_followed_have_a_column() -> None:
    figure, _ = emergence_figure(pd.concat([emergence(), emergence(model="albert")]), ["albert", "missing", "roberta"])
    assert [axes.get_title() for axes in panels(figure)[:2]] == ["albert", "roberta"]
    assert len(panels(figure)) == 6
    figure, table = emergence_figure(emergence(), ["missing"])
    assert words(panels(figure)[0]) == "no model was followed" and not len(table)


def test_one_snapshot_is_a_point() -> None:
    figure, table = emergence_figure(emergence(steps=[400]), ["roberta"])
    assert len(table) == 2
    assert_legible(figure)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param(pd.concat([emergence(), emergence(steps=[100])]), "twice", id="a step twice"),
        pytest.param(pd.concat([emergence(), emergence(steps=[7]).assign(study="b")]), "one study", id="studies"),
        pytest.param(pd.concat([emergence(), emergence([7], width=65)]), "64 features at one step, 65", id="widths"),
    ],
)
def test_steps_that_do_not_belong_together_are_refused(rows: pd.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        emergence_figure(rows, ["roberta"])


# ---------------------------------------------------------------------------------------------------------- all of them


@pytest.mark.parametrize("places", [[], [3.0], [1, 1, 1], [0, 5, 5.1, 9], [9.9, 10, 10], [0, 0.1, 0.2, 8]], ids=str)
def test_names_are_moved_apart_and_no_farther(places: list[float]) -> None:
    found = apart(places, 1.0, 0.0, 10.0)
    assert all(later - earlier >= 1 - 1e-9 for earlier, later in pairwise(found))
    assert all(-1e-9 <= place <= 10 + 1e-9 for place in found)
    assert all(place == asked for place, asked in zip(found, places, strict=True)) or min(np.diff(places)) < 1


def test_names_that_coincide_move_as_far_to_either_side() -> None:
    assert apart([4.0, 4.0, 4.0], 1.0, 0.0, 10.0) == [3, 4, 5]


def test_everything_can_be_read() -> None:
    models = ["roberta", "albert", "bert-base"]
    shapes = {"roberta": (4, 128), "albert": (1, 128), "bert-base": (12, 768)}
    far = {"roberta": {0: [1, 2, 3], 3: [1, 2], 127: [4]}, "albert": {}, "bert-base": {308: range(1, 13), 381: range(2, 13)}}
    rows = pd.concat([features(far[model], model, *shapes[model]) for model in models])
    assert_legible(features_figure(rows, [*models, "missing"], BOUNDS)[0])
    given = pd.concat([runs(["roberta", "bert-base"], 5), ablation((), "albert"), ablation((), "albert", "mlm")])
    assert_legible(ablation_figure(given, models, TASKS, collapsed={("roberta", "cola", 1)})[0])
    steps = [0, 100, 1000, 10_000, 100_000, 1_000_000]
    assert_legible(emergence_figure(pd.concat([emergence(steps, model=model) for model in models]), models)[0])


def test_a_rerun_writes_the_same_bytes(tmp_path: Path) -> None:
    for name, draw in {
        "features": lambda: features_figure(TWO, ["roberta"], BOUNDS),
        "ablation": lambda: ablation_figure(runs(), ["roberta"], TASKS),
        "emergence": lambda: emergence_figure(emergence(), ["roberta"]),
    }.items():
        written = []
        for attempt in ("first", "second"):
            figure, table = draw()
            stem = tmp_path / f"{name}-{attempt}"
            written.append([path.read_bytes() for path in (*style.save(figure, stem), style.save_table(table, stem))])
        assert written[0] == written[1]
