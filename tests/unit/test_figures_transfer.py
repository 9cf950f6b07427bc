"""Figure 3, agreement of runs, and pruning before and after fine-tuning: what is averaged, left out, and drawn."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from test_figures import panels, words
from test_figures_divergence import assert_legible

from headcount.figures import style
from headcount.figures.agreement import KINDS, agreement_figure, agreement_kinds
from headcount.figures.before_after import ARMS, PRETRAIN, before_after_figure
from headcount.figures.recall import CHANCE, RECALL, recall_figure
from headcount.figures.style import LEVEL, MEAN

TASKS = ["cola", "sst2"]
ALL_TASKS = ["cola", "sst2", "qqp", "mnli"]
WITH_MLM = [*ALL_TASKS, "mlm"]
Run = tuple[str, int]


def colored(axes: Axes, look: dict[str, Any], linestyle: str) -> list[list[float]]:
    """The y values of the panel's lines of one colour and style."""
    lines = [line for line in axes.lines if line.get_color() == look["color"] and line.get_linestyle() == linestyle]
    return [np.asarray(line.get_ydata(), float).tolist() for line in lines]


def band(axes: Axes, look: dict[str, Any]) -> list[tuple[float, float]]:
    """The lower and upper edge of the shaded band of one colour, at each x."""
    (found,) = [area for area in axes.collections if to_hex(area.get_facecolor()[0]) == look["color"].lower()]
    corners: dict[float, list[float]] = {}
    for x, y in found.get_paths()[0].vertices:
        corners.setdefault(round(float(x), 9), []).append(float(y))
    return [(min(ys), max(ys)) for _, ys in sorted(corners.items())]


# ---------------------------------------------------------------------------------------------------------------- recall


def recall(values: list[float | None], task: str = "cola", seed: int = 1, **changes: Any) -> pd.DataFrame:
    """A run's recall at the levels 0.5, 0.75 and 1, and 0 at the other crossing."""
    run = {"study": "test", "model": "roberta", "task": task, "seed": seed, "norm": "l1", "crossing": "first_crossing"}
    sets = {"x": [0.5, 0.75, 1.0], "downstream_level": 0.9, "downstream_heads": 3, "collapsed": False}
    chance = {"chance": [0.2, 0.4, 0.1 * seed], "chance_low": [0.1, 0.3, 0.0], "chance_high": [0.3, 0.6, 0.2 * seed]}
    rows = pd.DataFrame({**run, **sets, **chance, "recall": pd.array(values, dtype="Float64")}).assign(**changes)
    return pd.concat([rows, rows.assign(crossing="last_crossing", recall=pd.array([0.0, 0.0, 0.0], dtype="Float64"))])


THREE = pd.concat([recall([0.2, 0.6, 1.0]), recall([0.4, 0.8, 1.0], seed=2), recall([0.6, 0.7, 1.0], seed=3)])
NULL: list[float | None] = [None, None, None]


def test_recall_and_chance_are_means_over_seeds_worked_out_by_hand() -> None:
    _, table = recall_figure(THREE, ["roberta"], ["cola"])
    assert table["x"].tolist() == [0.5, 0.75, 1]
    assert table["mean"].tolist() == pytest.approx([0.4, 0.7, 1])
    assert table["sd"].tolist() == pytest.approx([0.2, 0.1, 0])
    assert table["seeds"].tolist() == [3, 3, 3]
    chance = table[["chance", "chance_low", "chance_high"]].to_numpy()
    assert chance == pytest.approx(np.array([[0.2, 0.1, 0.3], [0.4, 0.3, 0.6], [0.2, 0, 0.4]]))


def test_the_mean_is_a_line_in_a_band_of_one_sd_beside_chance_in_its_own() -> None:
    figure, table = recall_figure(THREE, ["roberta"], ["cola"], at=0.7, bar=0.8)
    (axes,) = panels(figure)
    assert colored(axes, RECALL, "-") == [pytest.approx([0.4, 0.7, 1])]
    assert colored(axes, CHANCE, "--") == [pytest.approx([0.2, 0.4, 0.2])]
    assert colored(axes, CHANCE, ":") == [table["chance_low"].tolist(), table["chance_high"].tolist()]
    assert np.array(band(axes, RECALL)) == pytest.approx(np.array([(0.2, 0.6), (0.6, 0.8), (1, 1)]))
    assert np.array(band(axes, CHANCE)) == pytest.approx(np.array([(0.1, 0.3), (0.3, 0.6), (0, 0.4)]))
    levels = [line for line in axes.lines if line.get_color() == LEVEL["color"]]
    assert [(line.get_xdata(), line.get_ydata()) for line in levels] == [([0, 1], [0.8, 0.8]), ([0.7, 0.7], [0, 1])]


def test_the_other_crossing_is_drawn_when_asked_for() -> None:
    _, table = recall_figure(THREE, ["roberta"], ["cola"], "last_crossing")
    assert table["mean"].eq(0).all()
    with pytest.raises(ValueError, match="first_crossing, last_crossing"):
        recall_figure(THREE, ["roberta"], ["cola"], "middle_crossing")


LOST: dict[str, tuple[dict[str, Any], str]] = {
    "collapsed": ({"collapsed": True}, "collapsed in fine-tuning"),
    "empty": ({"downstream_heads": 0}, "in need of no head"),
    "undefined": ({"downstream_heads": None}, "undefined (unpruned score ≤ 0)"),
}


@pytest.mark.parametrize("fate", LOST)
def test_a_seed_without_recall_is_neither_0_nor_averaged_and_the_panel_counts_it(fate: str) -> None:
    lost, note = LOST[fate]
    rows = pd.concat([recall([0.2, 0.6, 1.0]), recall([0.4, 0.8, 1.0], seed=2), recall(NULL, seed=3, **lost)])
    figure, table = recall_figure(rows, ["roberta"], ["cola"])
    assert table["mean"].tolist() == pytest.approx([0.3, 0.7, 1])
    assert table["chance"].tolist() == pytest.approx([0.2, 0.4, 0.15])
    assert table["seeds"].tolist() == [2, 2, 2]
    assert {name: table[name].unique().tolist() for name in LOST} == {name: [int(name == fate)] for name in LOST}
    assert words(panels(figure)[0]) == f"1 of 3 seeds {note}"


def test_a_panel_without_recall_says_why() -> None:
    rows = pd.concat([recall(NULL, seed=1, collapsed=True), recall(NULL, seed=2, downstream_heads=0)])
    figure, table = recall_figure(pd.concat([rows, recall([0.1, 0.2, 0.3], task="qqp")]), ["roberta"], ["cola", "sst2"])
    assert words(panels(figure)[0]) == "no curve: 1 of 2 seeds in need of no head 1 of 2 seeds collapsed in fine-tuning"
    assert words(panels(figure)[1]) == "not run"
    assert table["mean"].isna().all()
    assert not colored(panels(figure)[0], RECALL, "-")


def test_one_seed_has_no_band_and_models_may_have_different_norms() -> None:
    rows = pd.concat([recall([0.2, 0.6, 1.0]), recall([0.2, 0.6, 1.0], model="albert", norm="none")])
    figure, table = recall_figure(rows, ["albert", "roberta"], ["cola"])
    assert table["model"].tolist() == ["albert"] * 3 + ["roberta"] * 3
    assert table["sd"].isna().all()
    assert not any(np.isfinite(path.vertices).all() for path in panels(figure)[0].collections[-1].get_paths())


REFUSED: dict[str, dict[str, Any]] = {"twice": {}, "one norm": {"norm": "l2"}, "one study": {"study": "other"}}
REFUSED |= {"one downstream_level": {"downstream_level": 0.8}}


@pytest.mark.parametrize(("message", "other"), REFUSED.items(), ids=REFUSED)
def test_recalls_without_a_common_mean_are_refused(message: str, other: dict[str, Any]) -> None:
    rows = recall([0.2, 0.6, 1.0])
    with pytest.raises(ValueError, match=message):
        recall_figure(pd.concat([rows, rows.assign(seed=2 if other else 1, **other)]), ["roberta"], ["cola"])


# ------------------------------------------------------------------------------------------------------------- agreement


def pair(a: Run, b: Run, overlap: float | None, spearman: float, model: str = "roberta") -> dict[str, Any]:
    """Two runs with 4 and 5 of 10 required heads; a null overlap: the first run has none."""
    sets = {"heads_a": 4, "heads_b": 5, "overlap": overlap, "overlap_chance": 0.5, "jaccard": 0.25, "jaccard_chance": 0.2}
    if overlap is None:
        sets = dict.fromkeys(sets) | {"heads_b": 5}
    runs = {"task_a": a[0], "seed_a": a[1], "task_b": b[0], "seed_b": b[1]}
    return {"study": "test", "model": model, "norm": "l1", **runs, **sets, "heads": 10, "spearman": spearman}


def table_of(pairs: list[dict[str, Any]]) -> pd.DataFrame:
    numbers = ["heads_a", "heads_b", "overlap", "overlap_chance", "jaccard", "jaccard_chance", "spearman"]
    return pd.DataFrame(pairs).astype(dict.fromkeys(numbers, "Float64"))


FOUR = table_of(
    [
        pair(("cola", 1), ("cola", 2), 0.9, 0.8),
        pair(("cola", 1), ("mlm", 1), 0.7, 0.4),
        pair(("mlm", 2), ("cola", 1), 0.6, 0.2),
        pair(("cola", 2), ("mlm", 1), 0.4, 0.0),
        pair(("cola", 2), ("mlm", 2), 0.3, -0.2),
        pair(("mlm", 1), ("mlm", 2), 1.0, 1.0),
    ]
)


def agreements(models: list[str], tasks: list[str], seeds: int, lost: Run | None = None) -> pd.DataFrame:
    """Random agreements of every pair of runs; the run ``lost`` has no required heads."""
    random = np.random.default_rng(1)
    rows = []
    for model in models:
        for a, b in combinations(product(tasks, range(1, seeds + 1)), 2):
            a, b = (b, a) if lost == b else (a, b)
            overlap = None if lost == a else random.uniform(0.2, 1)
            rows.append(pair(a, b, overlap, random.uniform(-1, 1), model))
    return table_of(rows)


def matrices(figure: Figure) -> list[np.ndarray]:
    return [np.ma.filled(axes.images[0].get_array(), np.nan) for axes in panels(figure) if axes.images]


def test_pairs_stand_above_the_diagonal_and_the_means_of_two_tasks_below_it() -> None:
    figure, _ = agreement_figure(FOUR, ["roberta"], ["cola", "mlm"])
    nan = np.nan
    excess = [[nan, 0.4, 0.2, 0.1], [0.4, nan, -0.1, -0.2], [0, 0, nan, 0.5], [0, 0, 0.5, nan]]
    spearman = [[nan, 0.8, 0.4, 0.2], [0.8, nan, 0, -0.2], [0.1, 0.1, nan, 1], [0.1, 0.1, 1, nan]]
    for found, expected in zip(matrices(figure), (excess, spearman), strict=True):
        assert found == pytest.approx(np.array(expected), nan_ok=True, abs=1e-12)
    assert [text.get_text() for text in panels(figure)[1].texts] == ["+.80", "+.10", "+1.00"]


def test_the_table_has_the_means_of_two_tasks_and_the_map_says_what_they_come_down_to() -> None:
    figure, table = agreement_figure(FOUR, ["roberta"], ["mlm", "cola"])
    counts = table[["task_a", "task_b", "pairs", "sets"]].to_numpy().tolist()
    assert counts == [["mlm", "mlm", 1, 1], ["mlm", "cola", 4, 4], ["cola", "cola", 1, 1]]
    numbers = ["overlap", "chance", "excess", "jaccard", "jaccard_chance", "spearman"]
    assert table.loc[1, numbers].tolist() == pytest.approx([0.5, 0.5, 0, 0.25, 0.2, 0.1])
    assert panels(figure)[0].get_xlabel() == "+.40  same task, other seed (pairs: 1)\n.00  masked LM and a task (pairs: 4)"


def test_the_order_of_a_pair_and_of_the_rows_changes_nothing() -> None:
    rows = agreements(["roberta"], WITH_MLM, 3)
    swapped = {f"{name}_{a}": f"{name}_{b}" for name in ("task", "seed", "heads") for a, b in ("ab", "ba")}
    half = rows.index % 2 == 0
    shuffled = pd.concat([rows[half].rename(columns=swapped), rows[~half]]).sample(frac=1, random_state=0)
    figure, table = agreement_figure(rows, ["roberta"], WITH_MLM)
    again, table_again = agreement_figure(shuffled, ["roberta"], WITH_MLM)
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(matrices(figure), matrices(again), strict=True))
    pd.testing.assert_frame_equal(table, table_again)


def test_what_two_runs_have_in_common_against_a_loop_over_all_pairs() -> None:
    rows = agreements(["roberta"], WITH_MLM, 3)
    found: dict[str, list[float]] = {}
    for row in rows.itertuples():
        if "mlm" in (row.task_a, row.task_b):
            kind = "" if row.task_a == row.task_b else "pre-train"
        else:
            kind = "same task" if row.task_a == row.task_b else "same seed" if row.seed_a == row.seed_b else "neither"
        found.setdefault(kind, []).append(row.overlap - row.overlap_chance)
    kinds = agreement_kinds(rows, ["roberta"], WITH_MLM)
    assert kinds["kind"].tolist() == list(KINDS)
    assert kinds["excess"].tolist() == pytest.approx([sum(found[kind]) / len(found[kind]) for kind in KINDS])
    assert kinds["pairs"].tolist() == [4 * 3, 6 * 3, 6 * 6, 4 * 9]


def test_colours_are_centred_at_0_and_overlaps_have_one_scale() -> None:
    rows = pd.concat([agreements(["roberta"], WITH_MLM, 2), FOUR.assign(model="albert")])
    figure, _ = agreement_figure(rows, ["roberta", "albert"], WITH_MLM)
    scales = [axes.images[0].get_clim() for axes in panels(figure)[:4]]
    assert scales == [(-0.5, 0.5), (-1, 1)] * 2
    assert np.nanmax(np.abs(np.concatenate([matrix.ravel() for matrix in matrices(figure)[::2]]))) <= 0.5


def test_a_run_without_required_heads_is_null_and_counted_and_its_importance_stays() -> None:
    rows = agreements(["roberta"], TASKS, 3, lost=("cola", 2))
    figure, table = agreement_figure(rows, ["roberta"], TASKS)
    excess, spearman = matrices(figure)
    assert np.isnan(excess[1, 2:]).all() and np.isnan(excess[0, 1])
    assert np.isfinite(spearman[np.triu_indices(6, 1)]).all()
    assert table["pairs"].tolist() == [3, 9, 3] and table["sets"].tolist() == [1, 6, 3]
    known = rows[rows["overlap"].notna() & (rows["task_a"] != rows["task_b"])]
    assert table["overlap"].iloc[1] == pytest.approx(known["overlap"].mean())
    assert "hatched: 1 of 6 runs collapsed, or without required heads" in panels(figure)[0].get_xlabel()
    assert "hatched" not in panels(figure)[1].get_xlabel()
    figure, table = agreement_figure(rows[rows["overlap"].isna()], ["roberta"], TASKS)
    assert {text.get_text() for text in panels(figure)[0].texts} == {"–"}
    assert table["overlap"].isna().all()


def test_a_pair_that_stands_twice_is_refused_in_either_order() -> None:
    rows = [pair(("cola", 1), ("cola", 2), 0.5, 0.5), pair(("cola", 2), ("cola", 1), 0.5, 0.5)]
    with pytest.raises(ValueError, match="twice"):
        agreement_figure(table_of(rows), ["roberta"], ["cola"])
    with pytest.raises(ValueError, match="one norm"):
        agreement_figure(table_of([rows[0], rows[1] | {"norm": "l2"}]), ["roberta"], ["cola"])


@pytest.mark.parametrize("seeds", [1, 2, 5, 7])
def test_agreement_can_be_read(seeds: int) -> None:
    models = ["roberta-large", "albert-base-v1", "missing"]
    figure, _ = agreement_figure(agreements(models[:2], WITH_MLM, seeds, lost=("sst2", 1)), models, WITH_MLM)
    blocks = 15 if seeds > 1 else 10  # of one run there is no other seed
    assert [len(axes.texts) for axes in panels(figure)[:6]] == [blocks] * 4 + [1, 1]
    assert words(panels(figure)[5]) == "not run, or a single run"
    labels = [(label.get_text(), label.get_fontsize()) for label in panels(figure)[0].get_yticklabels(minor=True)]
    assert labels == ([(str(seed), style.NOTE_SIZE - 1) for seed in range(1, seeds + 1)] * 5 if seeds < 7 else [])
    assert_legible(figure)


# ------------------------------------------------------------------------------------------ before and after fine-tuning


def arm(name: str, scores: dict[float, float | None], seed: int = 1, task: str = "cola", **changes: Any) -> pd.DataFrame:
    """One arm of one run of a model with 8 heads; masked LM keeps all of its score less the share removed."""
    run = {"study": "test", "model": "roberta", "task": task, "seed": seed, "norm": "l1", "arm": name, "score": 0.5}
    fraction = pd.Series(list(scores), dtype=float)
    points = {"removed": (8 * fraction).astype(int), "removed_fraction": fraction}
    found = {"relative_score": pd.array(list(scores.values()), dtype="Float64")}
    pretrain = {"pretrain_relative_score": None if name == "after_own" else 1 - fraction}
    return pd.DataFrame({**run, **points, **found, **pretrain}).assign(**changes)


ONE: dict[str, Any] = {"models": ["roberta"], "tasks": ["cola"]}


def experiment(task: str = "cola", shift: float = 0.0, seeds: int = 2) -> pd.DataFrame:
    parts = []
    for seed in range(1, seeds + 1):
        down = 0.1 * seed + shift
        parts += [
            arm("after_own", {0.0: 1.0, 0.5: 1 - down, 1.0: 0.1}, seed, task),
            arm("after_pretrain", {0.0: 1.0, 0.5: 0.9 - down, 1.0: 0.1}, seed, task),
            arm("before", {0.5: 1.1 - down, 0.75: 0.8 - down}, seed, task),
        ]
    return pd.concat(parts, ignore_index=True)


def test_the_arms_means_and_sds_are_those_worked_out_by_hand() -> None:
    _, table = before_after_figure(experiment(), **ONE)
    keys = list(table[["arm", "removed"]].itertuples(index=False, name=None))
    assert keys == [*product(["after_own", "after_pretrain"], [0, 4, 8]), ("before", 4), ("before", 6)]
    assert table["mean"].tolist() == pytest.approx([1, 0.85, 0.1, 1, 0.75, 0.1, 0.95, 0.65])
    half = 0.1 / 2**0.5
    assert table["sd"].tolist() == pytest.approx([0, half, 0, 0, half, 0, half, half])
    assert table["seeds"].eq(2).all() and table["undefined"].eq(0).all()
    assert table["pretrain_mean"].isna().tolist() == [True] * 3 + [False] * 5
    assert table["pretrain_mean"].tolist()[3:] == pytest.approx([1, 0.5, 0, 0.5, 0.25])


def test_curves_are_bold_over_dotted_seeds_and_the_few_fractions_are_marks_with_bars() -> None:
    figure, table = before_after_figure(experiment(), ["roberta"], ["cola"], level=0.8)
    (axes,) = panels(figure)
    for name in ("after_own", "after_pretrain"):
        means = table.loc[table["arm"] == name, "mean"].tolist()
        of_this = [line for line in axes.lines if line.get_color() == ARMS[name]["color"]]
        bold = [line.get_ydata().tolist() for line in of_this if line.get_linewidth() == MEAN["linewidth"]]
        dotted = [line.get_ydata().tolist() for line in of_this if line.get_linestyle() == ":"]
        assert bold == [means]
        assert len(dotted) == 2 and np.mean(dotted, axis=0) == pytest.approx(means)
    ((marks, _, (bars,)),) = axes.containers
    assert (marks.get_xdata().tolist(), marks.get_ydata().tolist()) == ([0.5, 0.75], pytest.approx([0.95, 0.65]))
    assert marks.get_linestyle() == "None"
    half = 0.1 / 2**0.5
    assert [segment[:, 1].tolist() for segment in bars.get_segments()] == [
        pytest.approx([mean - half, mean + half]) for mean in (0.95, 0.65)
    ]
    assert colored(axes, PRETRAIN, "-.") == [pytest.approx([1, 0.5, 0.25, 0])]
    assert [0.8, 0.8] in [line.get_ydata() for line in axes.lines if line.get_color() == LEVEL["color"]]


def test_one_seed_has_marks_without_bars() -> None:
    figure, table = before_after_figure(experiment(seeds=1), ["roberta"], ["cola"])
    assert table["sd"].isna().all()
    ((marks, _, (bars,)),) = panels(figure)[0].containers
    assert len(marks.get_xdata()) == 2
    assert all(len(segment) < 2 for segment in bars.get_segments())


def test_null_relative_scores_are_left_out_and_counted_below_every_seed() -> None:
    rows = experiment(seeds=3)
    rows.loc[(rows["removed"] == 8) & (rows["seed"] == 1), "relative_score"] = -0.2
    third_lost = rows.assign(relative_score=rows["relative_score"].mask(rows["seed"] == 3))
    figure, table = before_after_figure(third_lost, **ONE)
    assert table["mean"].tolist() == before_after_figure(rows[rows["seed"] < 3], **ONE)[1]["mean"].tolist()
    assert table["undefined"].eq(1).all()
    assert words(axes := panels(figure)[0]) == "1 of 3 seeds undefined (unpruned score ≤ 0)"
    assert axes.transData.inverted().transform(axes.texts[0].get_window_extent())[1, 1] < -0.2


def test_a_seed_whose_ordinary_run_collapsed_is_told_from_one_that_is_undefined() -> None:
    rows = experiment(seeds=3).assign(collapsed=False)
    rows.loc[rows["seed"] == 3, ["relative_score", "collapsed"]] = [pd.NA, True]
    figure, table = before_after_figure(rows, **ONE)
    assert table["collapsed"].eq(1).all() and table["undefined"].eq(0).all() and table["seeds"].eq(2).all()
    assert words(panels(figure)[0]) == "1 of 3 seeds collapsed in fine-tuning"


def test_scores_beyond_the_axis_are_announced() -> None:
    rows = experiment()
    rows.loc[rows["removed"] == 8, "relative_score"] = -3.0
    assert words(panels(before_after_figure(rows, **ONE)[0])[0]) == "beyond the axis: down to −300%"


def test_a_task_without_the_experiment_says_so() -> None:
    nothing = experiment("sst2").assign(relative_score=pd.NA)
    figure, table = before_after_figure(pd.concat([experiment(), nothing]), ["roberta"], ["cola", "sst2", "qqp"])
    assert [words(axes) for axes in panels(figure)] == ["", "no curve: 2 of 2 seeds undefined (unpruned score ≤ 0)", "not run"]
    assert table.loc[table["task"] == "sst2", "mean"].isna().all()


REFUSED_ARMS = {"arm during": arm("during", {0.5: 0.5}), "twice": arm("before", {0.5: 0.5})}
REFUSED_ARMS |= {"one norm": arm("before", {0.25: 0.5}, norm="l2")}


@pytest.mark.parametrize(("message", "other"), REFUSED_ARMS.items(), ids=REFUSED_ARMS)
def test_arms_without_a_common_mean_are_refused(message: str, other: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match=message):
        before_after_figure(pd.concat([experiment(), other]), **ONE)


# ---------------------------------------------------------------------------------------------------------- all of them

AGREEMENT = agreements(["roberta"], WITH_MLM, 2)
TWO_TASKS = pd.concat([experiment(), experiment("sst2", 0.1)])
RECALLS = pd.concat([THREE, recall(NULL, task="sst2", collapsed=True)])
FIGURES: dict[str, Callable[[], tuple[Figure, pd.DataFrame]]] = {
    "recall": lambda: recall_figure(RECALLS, ["roberta", "albert"], ALL_TASKS),
    "recall of one task": lambda: recall_figure(THREE, ["roberta"], ["cola"]),
    "no recall": lambda: recall_figure(THREE[:0], ["roberta"], TASKS),
    "agreement": lambda: agreement_figure(AGREEMENT, ["roberta"], WITH_MLM),
    "no agreement": lambda: agreement_figure(FOUR[:0], ["roberta"], WITH_MLM),
    "before and after": lambda: before_after_figure(TWO_TASKS, ["roberta", "big"], ALL_TASKS),
    "before and after one task": lambda: before_after_figure(experiment(), **ONE),
    "no before and after": lambda: before_after_figure(experiment()[:0], ["roberta"], TASKS),
}


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_everything_can_be_read(draw: Callable[[], tuple[Figure, pd.DataFrame]]) -> None:
    assert_legible(draw()[0])


@pytest.mark.parametrize("name", ["recall", "agreement", "before and after"])
def test_a_rerun_writes_the_same_bytes(name: str, tmp_path: Path) -> None:
    def written(stem: Path) -> list[bytes]:
        figure, table = FIGURES[name]()
        return [path.read_bytes() for path in (*style.save(figure, stem), style.save_table(table, stem))]

    assert written(tmp_path / "first") == written(tmp_path / "second")
