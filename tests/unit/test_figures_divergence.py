"""Figures 4 and 6 and the heat maps: what is averaged in which order, the fit, what is left out, and what is drawn."""

from __future__ import annotations

import math
import subprocess
import sys
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from scipy.stats import linregress, pearsonr
from test_figures import panels, words

from headcount.analysis.importances import importances_table
from headcount.figures import style
from headcount.figures.divergence_maps import divergence_maps
from headcount.figures.importance_maps import importance_maps
from headcount.figures.layers import DIVERGENCE, MOST, divergence_figure
from headcount.figures.scatter import fit, importance_divergence_figure
from headcount.figures.style import LOOKS

TASKS = ["cola", "sst2"]
ALL_TASKS = ["cola", "sst2", "qqp", "mnli"]
PAPER = {"roberta-large": (24, 16), "albert-base-v1": (12, 12)}


def heads(
    js: list[list[float]], model: str = "roberta", task: str = "cola", seed: int = 1, importance: float | None = 0.1
) -> pd.DataFrame:
    """One run's heads; importances are multiples of ``importance`` that differ from head to head."""
    values = np.asarray(js)
    layer, head = np.indices(values.shape)
    scale = np.nan if importance is None else importance
    return pd.DataFrame(
        {
            "study": "test",
            "model": model,
            "task": task,
            "seed": seed,
            "layer": layer.ravel(),
            "head": head.ravel(),
            "attention_js": values.ravel(),
            "importance": scale * (1 + np.arange(values.size) % 5),
            "pretrain_importance": scale * (1 + np.arange(values.size) % 3),
        }
    )


def layers(l2: list[float], model: str = "roberta", task: str = "cola", seed: int = 1) -> pd.DataFrame:
    run = {"study": "test", "model": model, "task": task, "seed": seed}
    return pd.DataFrame({**run, "layer": range(len(l2)), "hidden_l2": l2})


def world(shapes: dict[str, tuple[int, int]], tasks: list[str], seeds: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Runs of models of the given layers × heads, with skewed importances; those named albert share their layers."""
    random = np.random.default_rng(0)
    of_heads, of_layers = [], []
    for model, task, seed in product(shapes, tasks, range(1, seeds + 1)):
        js = random.gamma(2, 0.03, shapes[model])
        run = heads(js.tolist(), model, task, seed, None if model.startswith("albert") else 1.0)
        for column in ("importance", "pretrain_importance"):
            run[column] *= random.gamma(0.5, 0.004, len(run))
        of_heads.append(run)
        of_layers.append(layers(random.gamma(2, 1, shapes[model][0] + 1).cumsum().tolist(), model, task, seed))
    return pd.concat(of_heads, ignore_index=True), pd.concat(of_layers, ignore_index=True)


# ------------------------------------------------------------------------------------------------------- overlapping text


def texts(figure: Figure) -> list[Text]:
    """All that can be read: titles, labels, ticks in view, notes, legends."""
    found = [text for legend in figure.legends for text in legend.get_texts()]
    for axes in figure.axes:
        found += [axes.title, axes.xaxis.label, axes.yaxis.label, *axes.texts]
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = [tick for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()) if low <= tick.get_loc() <= high]
            found += [label for tick in ticks for label in (tick.label1, tick.label2)] + [axis.get_offset_text()]
    return [text for text in found if text.get_visible() and text.get_text()]


def assert_legible(figure: Figure) -> None:
    """No text overlaps another, leaves the figure, or is too small to read; no panel is empty."""
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts(figure)]
    assert not [(a, b) for (a, one), (b, other) in combinations(boxes, 2) if one.overlaps(other)]
    width, height = figure.canvas.get_width_height()
    assert not [text for text, box in boxes if min(box.x0, box.y0) < 0 or box.x1 > width or box.y1 > height]
    assert min(text.get_fontsize() for text in texts(figure)) >= style.NOTE_SIZE - 1
    assert all(axes.lines or axes.images or axes.collections or words(axes) for axes in panels(figure))


# -------------------------------------------------------------------------------------------------------------- figure 4

TWO_SEEDS = pd.concat([heads([[0.1, 0.3], [0.2, 0.2]], seed=1), heads([[0.3, 0.1], [0.2, 0.6]], seed=2)])
TWO_LAYERS = pd.concat([layers([0.0, 1.0, 2.0], seed=1), layers([0.5, 1.0, 4.0], seed=2)])


def test_a_head_is_averaged_over_seeds_before_the_maximum_is_taken() -> None:
    _, table = divergence_figure(TWO_SEEDS, TWO_LAYERS, ["roberta"], ["cola"])
    assert table["layer"].tolist() == [0, 1, 2]
    assert table["js_mean"].tolist()[1:] == pytest.approx([0.2, 0.3])
    assert table["js_max"].tolist()[1:] == pytest.approx([0.2, 0.4])  # not 0.3, which is the mean of the seeds' maxima
    assert table["l2"].tolist() == pytest.approx([0.25, 1, 3])
    assert table["l2_max"].tolist() == [0.5, 1, 4]  # there are no heads: over the seeds
    assert table["l2_seeds"].tolist() == [2, 2, 2]


def test_the_embeddings_output_has_no_heads_and_stays_null() -> None:
    _, table = divergence_figure(TWO_SEEDS, TWO_LAYERS, ["roberta"], ["cola"])
    assert table.loc[0, ["js_mean", "js_max", "js_seeds"]].isna().all()


def test_means_are_solid_maxima_dashed_and_seeds_dotted() -> None:
    figure, _ = divergence_figure(TWO_SEEDS, TWO_LAYERS, ["roberta"], ["cola"])
    js, l2 = panels(figure)
    by_width = {line.get_linewidth(): (line.get_xdata().tolist(), line.get_ydata().tolist()) for line in js.lines}
    assert by_width[DIVERGENCE["linewidth"]] == ([1, 2], pytest.approx([0.2, 0.3]))
    assert by_width[MOST["linewidth"]] == ([1, 2], pytest.approx([0.2, 0.4]))
    dotted = [line.get_ydata().tolist() for line in js.lines if line.get_linestyle() == ":"]
    assert dotted == [pytest.approx([0.2, 0.2]), pytest.approx([0.2, 0.4])]
    by_width = {line.get_linewidth(): (line.get_xdata().tolist(), line.get_ydata().tolist()) for line in l2.lines}
    assert by_width[DIVERGENCE["linewidth"]] == ([0, 1, 2], [0.25, 1, 3])
    assert by_width[MOST["linewidth"]] == ([0, 1, 2], [0.5, 1, 4])
    assert [line.get_ydata().tolist() for line in l2.lines if line.get_linestyle() == ":"] == [[0, 1, 2], [0.5, 1, 4]]


def test_models_of_different_depth_have_axes_of_their_own() -> None:
    figure, table = divergence_figure(*world(PAPER, TASKS, 2), list(PAPER), TASKS)
    assert [axes.get_xlim()[1] for axes in panels(figure)] == [24.5] * 4 + [12.5] * 4
    assert table.groupby("model", sort=False)["layer"].max().to_dict() == {"roberta-large": 24, "albert-base-v1": 12}
    assert table[["model", "task"]].drop_duplicates().to_numpy().tolist() == [[m, t] for m in PAPER for t in TASKS]


@pytest.mark.parametrize("shift", [1, -1], ids=["heads from 1", "no embeddings"])
def test_layers_that_do_not_go_together_are_refused(shift: int) -> None:
    shifted = TWO_SEEDS.assign(layer=TWO_SEEDS["layer"] + max(shift, 0))
    states = TWO_LAYERS[TWO_LAYERS["layer"] > 0] if shift < 0 else TWO_LAYERS
    with pytest.raises(ValueError, match="one layer more"):
        divergence_figure(shifted, states.assign(layer=states["layer"] + min(shift, 0)), ["roberta"], ["cola"])


def test_a_collapsed_seed_is_left_out_and_both_panels_say_so() -> None:
    figure, table = divergence_figure(TWO_SEEDS, TWO_LAYERS, ["roberta"], ["cola"], collapsed={("roberta", "cola", 2)})
    assert table["js_max"].tolist()[1:] == pytest.approx([0.3, 0.2])
    assert table["l2"].tolist() == [0, 1, 2]
    assert [words(axes) for axes in panels(figure)] == ["1 of 2 seeds collapsed in fine-tuning"] * 2


def test_a_panel_without_a_run_says_why() -> None:
    collapsed = {("roberta", "cola", seed) for seed in (1, 2)}
    figure, table = divergence_figure(TWO_SEEDS, TWO_LAYERS, ["roberta", "big"], TASKS, collapsed=collapsed)
    assert [words(axes) for axes in panels(figure)] == ["2 of 2 seeds collapsed in fine-tuning", "not run"] * 2 + [
        "not run"
    ] * 4
    assert not len(table)


def test_notes_lie_above_every_line() -> None:
    figure, _ = divergence_figure(TWO_SEEDS, TWO_LAYERS, ["roberta"], ["cola"], collapsed={("roberta", "cola", 2)})
    for axes in panels(figure):
        bottom = axes.transData.inverted().transform(axes.texts[0].get_window_extent())[0, 1]
        assert bottom > max(max(line.get_ydata()) for line in axes.lines)


def test_rows_of_two_studies_and_rows_that_stand_twice_are_refused() -> None:
    for draw in (
        lambda rows: divergence_figure(rows, TWO_LAYERS, ["roberta"], TASKS),
        lambda rows: divergence_maps(rows, ["roberta"], TASKS),
        lambda rows: importance_divergence_figure(rows, "roberta", TASKS),
    ):
        with pytest.raises(ValueError, match="twice"):
            draw(pd.concat([TWO_SEEDS, TWO_SEEDS]))
        with pytest.raises(ValueError, match="one study"):
            draw(pd.concat([TWO_SEEDS, heads([[0.1]], seed=3).assign(study="other")]))


# -------------------------------------------------------------------------------------------------------------- heat maps


@pytest.mark.parametrize("shape", [(24, 16), (4, 8), (12, 64), (1, 1)], ids=str)
def test_a_map_shows_every_head_lowest_layer_first(shape: tuple[int, int]) -> None:
    table_of_heads, _ = world({"roberta": shape}, TASKS, 3)
    figure, table = divergence_maps(table_of_heads, ["roberta"], TASKS)
    for task, axes in zip(TASKS, panels(figure), strict=False):
        image = np.asarray(axes.images[0].get_array())
        assert image.shape == shape
        for layer, head in [(0, 0), (shape[0] - 1, shape[1] - 1), (shape[0] // 2, shape[1] // 3)]:
            rows = table_of_heads[table_of_heads["task"] == task]
            values = [v for _, v in rows[(rows["layer"] == layer) & (rows["head"] == head)]["attention_js"].items()]
            assert image[layer, head] == pytest.approx(sum(values) / 3)
        assert axes.images[0].origin == "lower"
        assert (axes.get_xlim(), axes.get_ylim()) == ((0.5, shape[1] + 0.5), (0.5, shape[0] + 0.5))
    assert len(table) == 2 * shape[0] * shape[1]
    assert (table["layer"].min(), table["head"].min(), table["seeds"].unique().tolist()) == (1, 1, [3])


def test_the_sd_over_seeds_is_the_samples() -> None:
    _, table = divergence_maps(TWO_SEEDS, ["roberta"], ["cola"])
    assert table["js_sd"].tolist() == pytest.approx([0.2 / 2**0.5, 0.2 / 2**0.5, 0, 0.4 / 2**0.5])


def test_each_model_has_one_colour_scale_from_0_to_its_largest_head() -> None:
    table_of_heads, _ = world(PAPER, ALL_TASKS, 2)
    figure, table = divergence_maps(table_of_heads, list(PAPER), ALL_TASKS)
    scales = [axes.images[0].get_clim() for axes in panels(figure)[:8]]
    assert [len(set(row)) for row in (scales[:4], scales[4:])] == [1, 1]
    assert [scales[0], scales[4]] == [(0, largest) for largest in table.groupby("model", sort=False)["js_mean"].max()]


def importances(values: list[list[float]], seed: int = 1, task: str = "cola", model: str = "roberta") -> pd.DataFrame:
    """A row a head, as the table of importances has them: a list a layer."""
    about = {"model": model, "task": task, "seed": seed, "norm": "l1"}
    return importances_table([(np.array(values), about)], "test")


def test_a_map_of_importance_shows_the_mean_over_the_seeds_that_count_as_a_share_of_the_tasks_largest() -> None:
    """Means .2, .3, .1, .4; the third seed collapsed. The scales of two tasks have nothing to do with each other."""
    seeds = [
        importances([[0.1, 0.4], [0.1, 0.4]], 1),
        importances([[0.3, 0.2], [0.1, 0.4]], 2),
        importances([[9, 0], [0, 0]], 3),
    ]
    rows = pd.concat([*seeds, importances([[5, 0], [10, 0]], 1, "mlm"), importances([[0, 0], [0, 0]], 1, "sst2")])
    figure, table = importance_maps(rows, ["roberta"], TASKS, collapsed={("roberta", "cola", 3)})
    cola, sst2, mlm = panels(figure)[:3]
    assert np.asarray(cola.images[0].get_array()) == pytest.approx(np.array([[0.5, 0.75], [0.25, 1]]))
    assert np.asarray(mlm.images[0].get_array()).tolist() == [[0.5, 0], [1, 0]]
    assert np.asarray(sst2.images[0].get_array()).tolist() == [[0, 0], [0, 0]]
    assert {axes.images[0].get_clim() for axes in (cola, sst2, mlm)} == {(0, 1)}
    assert "1 of 3 seeds collapsed" in cola.get_xlabel()
    assert table[["layer", "head", "importance"]].to_numpy()[:4] == pytest.approx(
        np.array([[1, 1, 0.2], [1, 2, 0.3], [2, 1, 0.1], [2, 2, 0.4]])
    )


def test_a_model_whose_layers_share_their_heads_has_one_row_that_is_no_layer() -> None:
    figure, table = importance_maps(importances([[1.0, 2.0, 4.0]], model="albert"), ["albert"], ["cola"], shared=["albert"])
    axes = panels(figure)[0]
    assert np.asarray(axes.images[0].get_array()).tolist() == [[0.25, 0.5, 1]]
    assert axes.get_ylabel() == "albert\nall layers" and not len(axes.get_yticks())
    assert table["layer"].tolist() == [1, 1, 1]


def test_importances_under_two_norms_have_no_mean() -> None:
    rows = pd.concat([importances([[1.0, 2.0]]), importances([[1.0, 2.0]], 2).assign(norm="none")])
    with pytest.raises(ValueError, match="one norm a model"):
        importance_maps(rows, ["roberta"], ["cola"])


# -------------------------------------------------------------------------------------------------------------- the fit


def slow_fit(x: list[float], y: list[float]) -> dict[str, float]:
    """Pearson's r from its definition, and Fisher's interval by hand."""
    n, mean_x, mean_y = len(x), sum(x) / len(x), sum(y) / len(y)
    sxy = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    sxx, syy = sum((a - mean_x) ** 2 for a in x), sum((b - mean_y) ** 2 for b in y)
    r = sxy / math.sqrt(sxx * syy)
    half = 1.959963984540054 / math.sqrt(n - 3)
    low, high = math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)
    return {"r": r, "low": low, "high": high, "slope": sxy / sxx, "intercept": mean_y - sxy / sxx * mean_x, "points": n}


@pytest.mark.parametrize("n", [4, 5, 40, 400])
@pytest.mark.parametrize("slope", [0.0, 1.5, -3.0])
def test_the_fit_is_scipys_and_that_of_the_definitions(n: int, slope: float) -> None:
    random = np.random.default_rng(n)
    x = random.gamma(2, 0.05, n)
    y = slope * x + random.gamma(0.5, 0.1, n)
    found = fit(x, y)
    assert found == pytest.approx(slow_fit(x.tolist(), y.tolist()))
    assert found["r"] == pytest.approx(pearsonr(x, y).statistic)
    assert (found["low"], found["high"]) == pytest.approx(tuple(pearsonr(x, y).confidence_interval(0.95)))
    assert (found["slope"], found["intercept"]) == pytest.approx(tuple(np.polyfit(x, y, 1)))
    assert (found["slope"], found["intercept"]) == pytest.approx(tuple(linregress(x, y)[:2]))


@pytest.mark.parametrize(
    ("x", "y", "points"),
    [
        pytest.param([], [], 0, id="none"),
        pytest.param([1, 2], [1, 3], 2, id="two points"),
        pytest.param([1, 1, 1, 1], [1, 2, 3, 4], 4, id="constant x"),
        pytest.param([1, 2, 3, 4], [2, 2, 2, 2], 4, id="constant y"),
        pytest.param([1, 2, 3, 4], [np.nan, np.nan, 3, 4], 2, id="two without null"),
    ],
)
def test_a_fit_that_is_not_defined_is_null(x: list[float], y: list[float], points: int) -> None:
    found = fit(np.array(x, float), np.array(y, float))
    assert found.pop("points") == points
    assert all(np.isnan(value) for value in found.values())


def test_points_with_a_null_are_left_out_of_the_fit() -> None:
    x, y = np.array([1.0, 2, 3, 4, 9]), np.array([1.0, 3, 2, 5, np.nan])
    assert fit(x, y) == fit(x[:4], y[:4])


# -------------------------------------------------------------------------------------------------------------- figure 6


def test_both_importances_are_fitted_over_all_seeds_and_for_each() -> None:
    table_of_heads, _ = world({"roberta": (4, 8)}, TASKS, 3)
    _, table = importance_divergence_figure(table_of_heads, "roberta", TASKS)
    keys = list(table[["importance", "task", "seed"]].itertuples(index=False, name=None))
    assert keys == list(product(["pre-train", "downstream"], TASKS, ["all", "1", "2", "3"]))
    for row in table.itertuples():
        rows = table_of_heads[table_of_heads["task"] == row.task]
        rows = rows if row.seed == "all" else rows[rows["seed"] == int(row.seed)]
        column = {"pre-train": "pretrain_importance", "downstream": "importance"}[row.importance]
        expected = slow_fit(rows["attention_js"].tolist(), rows[column].tolist())
        assert {name: getattr(row, name) for name in expected} == pytest.approx(expected)


def dots(axes: Axes) -> list[tuple[float, float]]:
    return sorted((float(x), float(y)) for scatter in axes.collections for x, y in scatter.get_offsets())


def test_a_dot_a_head_and_seed_and_the_line_over_all_of_them() -> None:
    table_of_heads, _ = world({"roberta": (4, 8)}, TASKS, 2)
    figure, table = importance_divergence_figure(table_of_heads, "roberta", TASKS)
    for axes, (column, task) in zip(panels(figure), product(("pretrain_importance", "importance"), TASKS), strict=True):
        rows = table_of_heads[table_of_heads["task"] == task]
        assert dots(axes) == sorted(zip(rows["attention_js"], rows[column], strict=True))
        assert len({tuple(color) for color in axes.collections[0].get_facecolors()}) == 2
        (line,) = axes.lines
        slope, intercept = np.polyfit(rows["attention_js"], rows[column], 1)
        assert line.get_ydata() == pytest.approx(intercept + slope * line.get_xdata())
        assert (line.get_xdata()[0], line.get_xdata()[1]) == (rows["attention_js"].min(), rows["attention_js"].max())
    assert (table["points"] == 32 * table["seed"].eq("all").map({True: 2, False: 1})).all()


def test_more_seeds_than_colours_are_named_together() -> None:
    table_of_heads, _ = world({"roberta": (2, 2)}, ["cola"], len(LOOKS) + 1)
    figure, _ = importance_divergence_figure(table_of_heads, "roberta", ["cola"])
    (legend,) = figure.legends
    assert len(legend.get_texts()) == 2  # the seeds, and the line
    assert len({tuple(color) for color in panels(figure)[0].collections[0].get_facecolors()}) == 1


def test_the_panel_says_r_with_its_interval_and_the_range_over_seeds() -> None:
    x = np.array([[0.1, 0.2, 0.3, 0.4, 0.5]])
    rows = pd.concat([heads(x.tolist(), seed=1), heads(x[:, ::-1].tolist(), seed=2)])
    figure, _ = importance_divergence_figure(rows, "roberta", ["cola"])
    assert words(panels(figure)[1]) == "r = 0.00 [−0.63, 0.63] r of single seeds: −1.00 … 1.00"


def test_notes_lie_above_every_dot() -> None:
    table_of_heads, _ = world({"roberta": (24, 16)}, ALL_TASKS, 5)
    figure, _ = importance_divergence_figure(table_of_heads, "roberta", ALL_TASKS, collapsed={("roberta", "cola", 1)})
    for axes in panels(figure):
        bottom = axes.transData.inverted().transform(axes.texts[0].get_window_extent())[0, 1]
        assert bottom > max(y for _, y in dots(axes))
    assert "1 of 5 seeds collapsed in fine-tuning" in words(panels(figure)[0])
    assert [len(dots(axes)) for axes in panels(figure)] == [4 * 384, 5 * 384, 5 * 384, 5 * 384] * 2


def test_shared_layers_have_no_importance_to_compare_and_the_panels_say_so() -> None:
    table_of_heads, _ = world({"albert": (4, 8)}, TASKS, 2)
    figure, table = importance_divergence_figure(table_of_heads, "albert", TASKS)
    assert {words(axes) for axes in panels(figure)} == {"not defined: layers share their heads"}
    assert table[["r", "low", "high", "slope", "intercept"]].isna().all(axis=None)
    assert table["points"].eq(0).all()


def test_one_missing_importance_does_not_hide_the_other() -> None:
    rows = TWO_SEEDS.assign(pretrain_importance=np.nan)
    figure, table = importance_divergence_figure(rows, "roberta", TASKS)
    upper, missing, lower, _ = panels(figure)
    assert words(upper) == "no importance on the pre-train task"
    assert words(missing) == "not run"
    assert words(lower).startswith("r = ")
    assert set(table["task"]) == {"cola"}


def test_a_spread_of_zero_has_no_r() -> None:
    figure, _ = importance_divergence_figure(heads([[0.1, 0.1, 0.1, 0.1]]), "roberta", ["cola"])
    assert {words(axes) for axes in panels(figure)} == {"r is not defined: no spread"}


# ---------------------------------------------------------------------------------------------------------- all of them


@pytest.mark.parametrize("shapes", [PAPER, {"roberta": (4, 8), "albert": (4, 8)}], ids=["paper", "miniature"])
def test_everything_can_be_read(shapes: dict[str, tuple[int, int]]) -> None:
    rows, states = world(shapes, ALL_TASKS, 5)
    models = [*shapes, "missing"]
    collapsed = {(models[0], "cola", 1), *((models[1], "qqp", seed) for seed in range(1, 6))}
    assert_legible(divergence_figure(rows, states, models, ALL_TASKS, collapsed=collapsed)[0])
    assert_legible(divergence_maps(rows, models, ALL_TASKS, collapsed=collapsed)[0])
    ranked = rows.assign(norm="l1", importance=rows["attention_js"])
    assert_legible(importance_maps(ranked, models, ALL_TASKS, collapsed=collapsed, shared=["albert"])[0])
    for model in models:
        assert_legible(importance_divergence_figure(rows, model, ALL_TASKS, collapsed=collapsed)[0])


def test_a_single_task_can_be_read() -> None:
    rows, states = world({"roberta": (4, 8)}, ["cola"], 1)
    assert_legible(divergence_figure(rows, states, ["roberta"], ["cola"])[0])
    assert_legible(divergence_maps(rows, ["roberta"], ["cola"])[0])
    assert_legible(importance_divergence_figure(rows, "roberta", ["cola"])[0])


def test_a_rerun_writes_the_same_bytes(tmp_path: Path) -> None:
    rows, states = world({"roberta": (4, 8)}, TASKS, 2)
    for name, draw in {
        "figure4": lambda: divergence_figure(rows, states, ["roberta"], TASKS),
        "maps": lambda: divergence_maps(rows, ["roberta"], TASKS),
        "figure6": lambda: importance_divergence_figure(rows, "roberta", TASKS),
    }.items():
        written = []
        for attempt in ("first", "second"):
            figure, table = draw()
            stem = tmp_path / f"{name}-{attempt}"
            written.append([path.read_bytes() for path in (*style.save(figure, stem), style.save_table(table, stem))])
        assert written[0] == written[1]


def test_drawing_needs_neither_torch_nor_pyplot() -> None:
    modules = "sys, headcount.figures.layers, headcount.figures.recall"
    script = f"import {modules}; print([m for m in ('torch', 'matplotlib.pyplot', 'scipy.stats') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert answer.stdout.strip() == "[]"
