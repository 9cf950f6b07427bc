"""Figures 1 and 2 and table 1: what is averaged, what is left out and said so, and what is drawn."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from headcount.analysis.counted import Run
from headcount.analysis.scores import average_scores, constant_shares, score_table
from headcount.figures import scores, style
from headcount.figures.curves import masked_lm_curves, relative_curves
from headcount.figures.style import CONSTANT, LEVEL, MEAN, SEED

MODELS, TASKS = ["roberta", "albert"], ["cola", "sst2"]
GONE = ("roberta", "cola", 2)
METRIC = {"cola": "matthews_correlation", "mlm": "recall_at_1"}


def curve(
    scores: list[float | None], model: str = "roberta", task: str = "cola", seed: int = 1, norm: str = "l1", **other: str
) -> pd.DataFrame:
    """A curve with the given relative scores at evenly spaced points, as the pruning stage writes it."""
    removed = range(len(scores))
    return pd.DataFrame(
        {
            "study": "test",
            "model": model,
            "task": task,
            "seed": seed,
            "unit": "head",
            "criterion": "gate_gradient",
            "norm": norm,
            "schedule": "one_shot",
            "removed": removed,
            "removed_fraction": [count / (len(scores) - 1) for count in removed],
            "metric": METRIC.get(task, "accuracy"),
            "score": [0.0 if score is None else score * 0.8 for score in scores],
            "relative_score": pd.array(scores, dtype="Float64"),
            **other,
        }
    )


def world(models: list[str], tasks: list[str], seeds: int = 2) -> pd.DataFrame:
    """Falling curves for each (model, task, seed); three norms, but one for a model whose layers share their heads."""
    return pd.concat(
        curve([1.0, 0.95 - 0.01 * seed, 0.5, 0.1], model, task, seed, norm)
        for model in models
        for task in tasks
        for seed in range(1, seeds + 1)
        for norm in (["none"] if model == "albert" else ["l1", "l2", "none"])
    )


def panels(figure: Figure) -> list[Axes]:
    return list(figure.axes)


def words(axes: Axes) -> str:
    return " ".join(text.get_text() for text in axes.texts).replace("\n", " ")


def drawn(axes: Axes, width: float) -> list[np.ndarray]:
    """The y values of the panel's lines of one width."""
    lines = [line for line in axes.lines if line.get_linewidth() == width]
    return [np.asarray(line.get_ydata(), float) for line in lines]


def bold(axes: Axes) -> list[np.ndarray]:
    return drawn(axes, MEAN["linewidth"])


def dotted(axes: Axes) -> list[np.ndarray]:
    return drawn(axes, SEED["linewidth"])


def legend(figure: Figure) -> list[str]:
    assert len(figure.legends) == 1
    return [text.get_text() for text in figure.legends[0].get_texts()]


# ------------------------------------------------------------------------------------------ the table behind the curves


def test_mean_and_sd_are_those_worked_out_by_hand() -> None:
    curves = pd.concat([curve([1.0, 0.9, 0.2], seed=1), curve([1.0, 0.7, 0.6], seed=2), curve([1.0, 0.5, 0.4], seed=3)])
    _, table = relative_curves(curves, ["roberta"], ["cola"])
    assert table["removed_fraction"].tolist() == [0, 0.5, 1]
    assert table["mean"].tolist() == pytest.approx([1, 0.7, 0.4])
    assert table["sd"].tolist() == pytest.approx([0, 0.2, 0.2])
    assert table["seeds"].tolist() == [3, 3, 3]


def test_one_seed_has_a_mean_and_no_sd() -> None:
    _, table = relative_curves(curve([1.0, 0.7]), ["roberta"], ["cola"])
    assert table["mean"].tolist() == [1, 0.7]
    assert table["sd"].isna().all()


def test_rows_stand_in_the_order_asked_for() -> None:
    _, table = relative_curves(world(["albert", "roberta"], ["sst2", "cola"]), MODELS, TASKS, order=["l1", "l2"])
    order = list(table[["model", "task", "norm"]].drop_duplicates().itertuples(index=False, name=None))
    roberta = [("roberta", task, norm) for task in TASKS for norm in ("l1", "l2", "none")]
    assert order == [*roberta, ("albert", "cola", "none"), ("albert", "sst2", "none")]
    assert table["removed"].tolist() == [0, 1, 2, 3] * 8


def test_models_may_have_different_points() -> None:
    curves = pd.concat([curve([1.0, 0.5, 0.1]), curve([1.0, 0.9, 0.5, 0.1], "albert", norm="none")])
    _, table = relative_curves(curves, MODELS, ["cola"])
    assert table["seeds"].eq(1).all()


@pytest.mark.parametrize(
    ("curves", "message"),
    [
        pytest.param([curve([1.0, 0.5]), curve([1.0, 0.5])], "twice", id="a point twice"),
        pytest.param([curve([1.0, 0.5]), curve([1.0, 0.5, 0.1], seed=2)], "different points", id="other points"),
        pytest.param([curve([1.0, 0.5], schedule=name) for name in "ab"], "one schedule", id="schedules"),
        pytest.param([curve([1.0, 0.5], unit=name) for name in ("head", "layer")], "one unit", id="units"),
        pytest.param([curve([1.0, 0.5], criterion=name) for name in ("top", "bottom")], "one criterion", id="criteria"),
        pytest.param([curve([1.0, None])], "1 of 2 points", id="null at some points"),
        pytest.param([curve([1.0, 0.5], norm="l3")], "l3", id="unknown norm"),
    ],
)
def test_curves_without_a_common_mean_are_refused(curves: list[pd.DataFrame], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        relative_curves(pd.concat(curves), ["roberta"], ["cola"])


def metrics_of(*runs: tuple[str, int, float, float, bool]) -> pd.DataFrame:
    """Task, seed, score, constant_score and collapsed of RoBERTa's runs."""
    columns = ["task", "seed", "score", "constant_score", "collapsed"]
    return pd.DataFrame(runs, columns=columns).assign(model="roberta")


def test_the_best_constant_answer_is_a_share_of_each_seeds_own_unpruned_score() -> None:
    """0.5 / 0.8 and 0.5 / 1.0; a collapsed run, which is near the constant answer, would draw the mean towards 1."""
    runs = metrics_of(("sst2", 1, 0.8, 0.5, False), ("sst2", 2, 1.0, 0.5, False), ("sst2", 3, 0.5, 0.5, True))
    found = constant_shares(pd.concat([runs, metrics_of(("cola", 1, 0.0, 0.0, True))]))
    assert found["task"].tolist() == ["sst2", "cola"]
    assert found["constant"].tolist() == pytest.approx([0.5625, np.nan], nan_ok=True)


def test_the_best_constant_answer_is_a_line_of_each_panel_that_the_legend_and_the_table_name() -> None:
    constants = pd.DataFrame({"model": "roberta", "task": ["sst2", "cola"], "constant": [0.6, np.nan]})
    figure, table = relative_curves(world(["roberta"], TASKS), ["roberta"], TASKS, constants=constants)
    cola, sst2 = panels(figure)
    assert [lines[0].tolist() for lines in (drawn(sst2, CONSTANT["linewidth"]),) if lines] == [[0.6, 0.6]]
    assert drawn(cola, CONSTANT["linewidth"]) == []
    assert legend(figure).count("best constant answer") == 1
    assert table.groupby("task")["constant"].agg(["min", "max"]).loc["sst2"].tolist() == [0.6, 0.6]
    assert "best constant answer" not in legend(relative_curves(world(["roberta"], TASKS), ["roberta"], TASKS)[0])


# -------------------------------------------------------------------------------------------------------- left-out runs


def test_a_collapsed_seed_looks_the_same_whether_its_curve_was_computed_or_not() -> None:
    drawn_from = [pd.concat([curve([1.0, 0.9, 0.5]), curve(scores, seed=2)]) for scores in ([1.0, 1.1, 0.2], [None] * 3)]
    (one, computed), (other, without) = (relative_curves(c, ["roberta"], ["cola"], collapsed={GONE}) for c in drawn_from)
    pd.testing.assert_frame_equal(computed, without)
    assert without["collapsed"].tolist() == [1, 1, 1] and words(panels(one)[0]) == words(panels(other)[0])


def test_an_undefined_seed_is_neither_averaged_nor_drawn_and_the_panel_says_so() -> None:
    curves = pd.concat([curve([1.0, 0.6], seed=1), curve([None, None], seed=2), curve([1.0, 0.4], seed=3)])
    figure, table = relative_curves(curves, ["roberta"], ["cola"])
    assert table["mean"].tolist() == pytest.approx([1, 0.5])
    assert table[["seeds", "undefined", "collapsed"]].drop_duplicates().to_numpy().tolist() == [[2, 1, 0]]
    assert "1 of 3 seeds undefined (unpruned score ≤ 0)" in words(panels(figure)[0])


def three_long(second: list[float | None]) -> pd.DataFrame:
    return pd.concat([curve([1.0, 0.6, 0.2], seed=1), curve(second, seed=2), curve([1.0, 0.4, 0.2], seed=3)])


@pytest.mark.parametrize(
    "collapsed",
    [
        pytest.param({("roberta", "cola", 2)}, id="set"),
        pytest.param(pd.DataFrame({"model": ["roberta"], "task": ["cola"], "seed": [2]}), id="frame"),
        pytest.param(
            pd.DataFrame({"model": "roberta", "task": "cola", "seed": [1, 2], "collapsed": [False, True]}), id="metrics"
        ),
    ],
)
@pytest.mark.parametrize("second", [[1.0, 0.0, 0.0], [None, None, None]], ids=["defined", "undefined too"])
def test_a_collapsed_seed_is_left_out_and_counted_once(collapsed: set[Run] | pd.DataFrame, second: list[float | None]) -> None:
    figure, table = relative_curves(three_long(second), ["roberta"], ["cola"], collapsed=collapsed)
    assert table["mean"].tolist() == pytest.approx([1, 0.5, 0.2])
    assert table[["seeds", "undefined", "collapsed"]].drop_duplicates().to_numpy().tolist() == [[2, 0, 1]]
    assert words(panels(figure)[0]) == "1 of 3 seeds collapsed in fine-tuning"
    assert len(dotted(panels(figure)[0])) == 2


def test_null_relative_scores_never_become_0_or_1() -> None:
    figure, table = relative_curves(three_long([None, None, None]), ["roberta"], ["cola"])
    assert sorted(line.tolist() for line in dotted(panels(figure)[0])) == [[1, 0.4, 0.2], [1, 0.6, 0.2]]
    alone, nothing = relative_curves(curve([None, None, None]), ["roberta"], ["cola"])
    assert nothing["mean"].isna().all()
    assert nothing["seeds"].eq(0).all()
    assert not dotted(panels(alone)[0]) and not bold(panels(alone)[0])
    assert table["mean"].notna().all()


def test_a_panel_without_a_curve_says_why() -> None:
    curves = pd.concat([curve([None, None], seed=1), curve([None, None], seed=2), curve([1.0, 0.5], task="sst2")])
    figure, _ = relative_curves(curves, ["roberta"], ["cola", "sst2", "qqp"])
    undefined, full, missing = panels(figure)
    assert words(undefined) == "no curve: 2 of 2 seeds undefined (unpruned score ≤ 0)"
    assert words(full) == ""
    assert words(missing) == "not run"


def test_notes_lie_below_every_curve() -> None:
    curves = pd.concat([three_long([None, None, None]), curve([1.0, 0.0, 0.0], seed=4), curve([1.0, 0.0, 0.0], seed=5)])
    figure, _ = relative_curves(curves, ["roberta"], ["cola"], collapsed={("roberta", "cola", 4)})
    (axes,) = panels(figure)
    assert axes.texts[0].get_text().count("\n") == 2
    top = axes.transData.inverted().transform(axes.texts[0].get_window_extent())[1, 1]
    assert top < min(line.min() for line in dotted(axes))


def test_scores_beyond_the_axis_are_announced() -> None:
    figure, _ = relative_curves(curve([1.0, 7.0, 0.5]), ["roberta"], ["cola"])
    assert "up to 700%" in words(panels(figure)[0])


# -------------------------------------------------------------------------------------------------------------- drawing


@pytest.mark.parametrize(("models", "tasks"), [(1, 2), (2, 4), (3, 4)], ids=["1x2", "2x4", "3x4"])
def test_a_panel_for_each_model_and_task_with_shared_axes(models: int, tasks: int) -> None:
    names, columns = ["roberta", "albert", "big"][:models], ["cola", "sst2", "qqp", "mnli"][:tasks]
    figure, _ = relative_curves(world(names, columns), names, columns)
    assert len(panels(figure)) == models * tasks
    assert len({(axes.get_xlim(), axes.get_ylim()) for axes in panels(figure)}) == 1
    titles = [axes.get_title().split("\n")[0] for axes in panels(figure)[:tasks]]
    assert titles == ["CoLA", "SST-2", "QQP", "MNLI"][:tasks]


def test_each_seed_is_dotted_and_each_mean_bold() -> None:
    figure, _ = relative_curves(world(MODELS, TASKS, seeds=3), MODELS, TASKS)
    assert [len(dotted(axes)) for axes in panels(figure)] == [9, 9, 3, 3]
    assert [len(bold(axes)) for axes in panels(figure)] == [3, 3, 1, 1]
    assert {line.get_linestyle() for line in panels(figure)[0].lines if line.get_linewidth() == 0.9} == {":"}


def test_the_level_is_drawn_in_every_panel() -> None:
    figure, _ = relative_curves(world(MODELS, TASKS), MODELS, TASKS)
    for axes in panels(figure):
        assert [line.tolist() for line in drawn(axes, LEVEL["linewidth"])] == [[0.9, 0.9]]


def test_curves_differ_in_color_dashes_and_marker() -> None:
    for key in ("color", "dashes", "marker"):
        assert len({look[key] for look in style.LOOKS}) == len(style.LOOKS)


def test_the_title_names_task_and_metric() -> None:
    figure, _ = relative_curves(world(["roberta"], ["cola"]), ["roberta"], ["cola"])
    assert panels(figure)[0].get_title() == "CoLA\nMatthews correlation"


def test_shared_heads_have_one_curve_and_a_legend_entry_of_their_own() -> None:
    figure, table = relative_curves(world(MODELS, ["cola"]), MODELS, ["cola"])
    assert len(bold(panels(figure)[1])) == 1
    assert table.loc[table["model"] == "albert", "norm"].unique().tolist() == ["none"]
    assert legend(figure)[:4] == ["l1 norm", "l2 norm", "no norm", "shared heads: same order under every norm"]


def test_a_model_that_merely_was_not_normalised_is_not_taken_for_one_with_shared_heads_when_told_so() -> None:
    figure, _ = relative_curves(curve([1.0, 0.5, 0.1], norm="none"), ["roberta"], ["cola"], one_order=[])
    assert legend(figure)[0] == "no norm"


def test_masked_lm_models_stand_side_by_side() -> None:
    figure, table = masked_lm_curves(world(MODELS, ["mlm", "cola"]), MODELS)
    assert [axes.get_title() for axes in panels(figure)] == MODELS
    assert "Recall@1" in panels(figure)[0].get_ylabel()
    assert table["task"].unique().tolist() == ["mlm"]


def test_no_text_overlaps_another() -> None:
    figure, _ = relative_curves(world(MODELS, TASKS), MODELS, TASKS, collapsed={("roberta", "cola", 1)})
    boxes = [figure.legends[0].get_window_extent()]
    for axes in panels(figure):
        ticks = [*axes.get_xticklabels(), *axes.get_yticklabels()]
        texts = [axes.title, axes.xaxis.label, axes.yaxis.label, *axes.texts, *ticks]
        boxes += [text.get_window_extent() for text in texts if text.get_text() and text.get_visible()]
    assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)]
    width, height = figure.canvas.get_width_height()
    assert all(0 <= box.x0 <= box.x1 <= width and 0 <= box.y0 <= box.y1 <= height for box in boxes)


# --------------------------------------------------------------------------------------------- units, criteria, and colours

LAYERS = [
    curve([1.0, 0.9, 0.6, 0.4, 0.1], norm="l1"),
    curve([1.0, 0.7, 0.1], unit="layer_heads", norm="l1"),
    curve([1.0, 0.6, 0.1], unit="layer", criterion="top", norm="none"),
    curve([1.0, 0.4, 0.1], unit="layer", criterion="bottom", norm="none"),
]


def test_colours_may_tell_units_and_criteria_apart() -> None:
    figure, table = relative_curves(pd.concat(LAYERS), ["roberta"], ["cola"], by=("unit", "criterion"))
    assert list(table.columns[:6]) == ["model", "task", "metric", "unit", "criterion", "removed"]
    assert [line.tolist() for line in bold(panels(figure)[0])] == [rows["relative_score"].tolist() for rows in LAYERS]
    assert legend(figure)[:4] == [
        "heads, importance on the task",
        "layers' heads, importance on the task",
        "layers, top layer first",
        "layers, bottom layer first",
    ]
    assert panels(figure)[0].get_xlabel() == "units removed (%)"
    assert len({line.get_color() for line in panels(figure)[0].lines if line.get_linewidth() == MEAN["linewidth"]}) == 4


def test_one_unit_gives_its_name_to_the_axis() -> None:
    figure, table = relative_curves(pd.concat(LAYERS[2:]), ["roberta"], ["cola"], by="criterion")
    assert panels(figure)[0].get_xlabel() == "layers removed (%)"
    assert table["criterion"].unique().tolist() == ["top", "bottom"]


@pytest.mark.parametrize(
    ("by", "message"),
    [("unit", "one criterion a colour"), ("criterion", "one unit a figure"), ("norm", "one criterion a figure")],
)
def test_what_the_colours_do_not_tell_apart_is_refused(by: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        relative_curves(pd.concat(LAYERS), ["roberta"], ["cola"], by=by)


def test_two_norms_of_one_unit_are_refused_where_colours_tell_units_apart() -> None:
    curves = pd.concat([*LAYERS[:2], curve([1.0, 0.9, 0.6, 0.4, 0.1], norm="l2")])
    with pytest.raises(ValueError, match="roberta, head: one norm a colour, not \\['l1', 'l2'\\]"):
        relative_curves(curves, ["roberta"], ["cola"], by="unit")


def test_colours_follow_the_studys_own_list() -> None:
    curves = pd.concat([curve([1.0, 0.5, 0.1], norm=norm) for norm in ("none", "l1")])
    figure, table = relative_curves(curves, ["roberta"], ["cola"], order=["l1", "l2", "none"])
    assert table["norm"].unique().tolist() == ["l1", "none"]
    assert legend(figure)[:2] == ["l1 norm", "no norm"]


# -------------------------------------------------------------------------------------------------------------- table 1


def runs(scores: list[float], collapsed: list[bool], model: str = "roberta", task: str = "cola") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "model": model,
            "task": task,
            "train": 8551,
            "validation": 1043,
            "seed": range(1, len(scores) + 1),
            "metric": METRIC.get(task, "accuracy"),
            "score": scores,
            "constant_score": 0.0 if task == "cola" else 0.5,
            "collapsed": collapsed,
        }
    )


METRICS = pd.concat(
    [
        runs([0.6, 0.0, 0.7], [False, True, False]),
        runs([0.0], [True], "albert"),
        runs([0.9], [False], "albert", "sst2"),
    ]
)


def test_collapsed_runs_are_counted_and_kept_out_of_the_mean() -> None:
    row = score_table(METRICS).iloc[0]
    assert row[["task", "train", "validation", "metric", "constant", "model"]].tolist() == [
        "cola", 8551, 1043, "matthews_correlation", 0, "roberta",
    ]  # fmt: skip
    assert (row["mean"], row["sd"]) == pytest.approx((0.65, 0.1 / 2**0.5))
    assert (row["seeds"], row["collapsed"]) == (2, 1)


def test_every_task_has_a_row_a_model_and_a_task_whose_runs_all_collapsed_no_mean() -> None:
    table = score_table(METRICS)
    assert list(zip(table["task"], table["model"], strict=True)) == [
        ("cola", "roberta"),
        ("cola", "albert"),
        ("sst2", "albert"),
    ]
    assert pd.isna(table["mean"].iloc[1]) and table["seeds"].iloc[1] == 0


def test_average_scores_weigh_tasks_equally_and_keep_collapsed_runs() -> None:
    rows = [("a", "cola", 1, 0.0), ("a", "cola", 2, 0.6), ("a", "sst2", 1, 0.9), ("b", "cola", 1, 0.1)]
    metrics = pd.DataFrame(rows, columns=["model", "task", "seed", "score"])
    assert average_scores(metrics).to_numpy().tolist() == [["a", 2, pytest.approx(0.6)], ["b", 1, pytest.approx(0.1)]]


def test_the_picture_of_the_table_says_what_is_left_out() -> None:
    figure = scores.score_figure(score_table(METRICS))
    (drawn_table,) = figure.axes[0].tables
    cells = {place: cell.get_text().get_text() for place, cell in drawn_table.get_celld().items()}
    assert [cells[1, i] for i in range(5)] == ["CoLA", "8,551", "1,043", "Matthews correlation", "0.000"]
    assert cells[1, 5] == "0.650 ± 0.071\n1 of 3 seeds collapsed, left out"
    assert cells[1, 6] == "–\n1 of 1 seed collapsed"
    assert (cells[2, 5], cells[2, 6]) == ("not run", "0.900\n1 seed")


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        pytest.param(pd.concat([METRICS, METRICS]), "twice", id="a run twice"),
        pytest.param(METRICS.assign(train=range(len(METRICS))), "cola differ", id="sizes differ"),
        pytest.param(METRICS.assign(constant_score=range(len(METRICS))), "cola differ", id="constant differs"),
    ],
)
def test_inconsistent_metrics_are_refused(metrics: pd.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        score_table(metrics)


# --------------------------------------------------------------------------------------------------------------- saving


def test_a_rerun_writes_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        figure, table = relative_curves(world(MODELS, TASKS), MODELS, TASKS)
        stem = tmp_path / name / "figure1.v2"
        paths = [*style.save(figure, stem), style.save_table(table, stem)]
        assert [path.name for path in paths] == ["figure1.v2.svg", "figure1.v2.png", "figure1.v2.csv"]
        written.append([path.read_bytes() for path in paths])
    assert written[0] == written[1]


def test_saving_one_figure_twice_writes_the_same_bytes(tmp_path: Path) -> None:
    figure, _ = relative_curves(world(MODELS, TASKS), MODELS, TASKS)
    first, second = ([path.read_bytes() for path in style.save(figure, tmp_path / name)] for name in ("first", "second"))
    assert first == second


def test_another_process_writes_the_same_bytes(tmp_path: Path) -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; import test_figures as t;"
        "t.style.save(t.relative_curves(t.world(t.MODELS, t.TASKS), t.MODELS, t.TASKS)[0], Path(sys.argv[2]))"
    )
    here = style.save(relative_curves(world(MODELS, TASKS), MODELS, TASKS)[0], tmp_path / "here")
    subprocess.run([sys.executable, "-c", script, str(Path(__file__).parent), str(tmp_path / "there")], check=True)
    assert [path.read_bytes() for path in here] == [
        path.with_name(path.name.replace("here", "there")).read_bytes() for path in here
    ]


def test_the_csv_keeps_full_precision_and_leaves_nulls_empty(tmp_path: Path) -> None:
    curves = pd.concat([curve([1.0, 1 / 3]), curve([None, None], task="sst2")])
    _, table = relative_curves(curves, ["roberta"], TASKS)
    back = pd.read_csv(style.save_table(table, tmp_path / "table"))
    assert back["mean"].tolist()[:2] == [1, 1 / 3]
    assert back["mean"].isna().tolist() == [False, False, True, True]


def test_drawing_needs_neither_torch_nor_pyplot() -> None:
    modules = "sys, headcount.figures.curves, headcount.figures.scores"
    script = f"import {modules}; print([m for m in ('torch', 'matplotlib.pyplot') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert answer.stdout.strip() == "[]"
