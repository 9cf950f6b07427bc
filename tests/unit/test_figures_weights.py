"""Figures of sparse models: what is drawn is what the tables say, what is left out is said, and mixtures are refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from test_draw_figure import draw
from test_figures import bold, curve, legend, panels, words
from test_figures_divergence import assert_legible

from headcount.analysis.movement import movement
from headcount.data.tasks import MASKED_LM
from headcount.figures import FIGURES, Shown
from headcount.figures.heads_and_weights import heads_and_weights_figure
from headcount.figures.loss_and_accuracy import loss_and_accuracy_figure
from headcount.figures.movement import movement_figure
from headcount.figures.sparse_models import ARMS, sparse_models_figure
from headcount.store.tables import write_table

TASKS = ["mnli", "cola"]
FRACTIONS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
LOSS = [1.82, 1.82, 1.83, 1.86, 1.93, 2.03, 2.25, 2.62, 3.44, 5.83]
DELETED = {
    "mnli": [83.0, 82.8, 82.9, 82.3, 82.2, 82.5, 81.9, 80.8, 78.6, 72.9],
    "cola": [80.6, 80.8, 80.3, 80.0, 79.0, 77.9, 76.4, 74.4, 70.0, 69.1],
}
"""Table 1 of Gordon et al. (2020): masked LM and the arm ``deleted``; CoLA's last is the majority's share."""


def point(
    arm: str, task: str, fraction: float, value: float, *, seed: int = 1, model: str = "bert", **other: object
) -> dict[str, object]:
    """A training of a sparse model, as the study's table has it; its value is the loss of masked LM, or the accuracy."""
    masked, random = task == MASKED_LM, arm == "random"
    return {
        "study": "test",
        "model": model,
        "task": task,
        "seed": seed,
        "unit": "weight",
        "criterion": "random" if random else "magnitude",
        "norm": "none",
        "schedule": "retrained" if random else arm,
        "fraction": fraction,
        "removed": int(fraction * 1000),
        "removed_fraction": fraction,
        "metric": "recall_at_1" if masked else "accuracy",
        "score": 0.5,
        "loss": value if masked else 0.6,
        "accuracy": np.nan if masked else value,
        "collapsed": False,
        **other,
    }


def losses(values: Sequence[float] = LOSS, fractions: Sequence[float] = FRACTIONS, **other: object) -> list[dict[str, object]]:
    pairs = zip(fractions, values, strict=True)
    return [point("retrained", MASKED_LM, fraction, value, **other) for fraction, value in pairs]  # type: ignore[arg-type]


def paper() -> pd.DataFrame:
    rows = losses()
    for task, values in DELETED.items():
        pairs = zip(FRACTIONS, values, strict=True)
        rows += [point("deleted", task, at, value / 100, collapsed=(task, at) == ("cola", 0.9)) for at, value in pairs]
    return pd.DataFrame(rows)


def one_shot(scores: list[float], task: str = "mnli", unpruned: float = 0.8, **other: object) -> pd.DataFrame:
    """A curve of single weights at evenly spaced points, 0 to all of them."""
    about = {"unit": "weight", "criterion": "magnitude", "norm": "none", "model": "bert", **other}
    found = curve(scores, task=task, **about)  # type: ignore[arg-type]
    return found.assign(score=found["relative_score"].astype(float) * unpruned, loss=2 / found["relative_score"].astype(float))


NO_CURVES = one_shot([1, 0.5]).iloc[:0]


# ---------------------------------------------------------------------------------------------------- loss and accuracy


def test_r_and_slope_are_those_of_table_1_without_its_collapsed_point() -> None:
    _, table = loss_and_accuracy_figure(paper(), ["bert"], TASKS)
    found = table.drop_duplicates("task").set_index("task")
    assert found["r"].round(3).to_dict() == {"mnli": -0.998, "cola": -0.986}
    assert (100 * found["slope"]).round(1).to_dict() == {"mnli": -2.5, "cola": -6.5}
    assert table[table["task"] == "cola"]["collapsed"].tolist() == [0] * 9 + [1]
    assert np.isnan(table["mean"].iloc[-1])


def test_r_is_the_mean_of_the_seeds_own_and_points_meet_the_loss_of_their_seeds_model() -> None:
    fractions, rows = [0, 0.4, 0.8], []
    own = {1: ([1.0, 1.1, 1.5], [0.9, 0.85, 0.8]), 2: ([1.2, 1.3, 1.4], [0.9, 0.7, 0.8])}
    for seed, (loss, accuracy) in own.items():
        rows += losses(loss, fractions, seed=seed)
        rows += [point("deleted", "mnli", at, value, seed=seed) for at, value in zip(fractions, accuracy, strict=True)]
    figure, table = loss_and_accuracy_figure(pd.DataFrame(rows), ["bert"], TASKS)
    z = [np.arctanh(np.corrcoef(*pair)[0, 1]) for pair in own.values()]
    assert table["r"].tolist() == pytest.approx([np.tanh(np.mean(z))] * 3)
    assert table["loss"].tolist() == pytest.approx([1.1, 1.2, 1.45])
    (axes,) = panels(figure)
    dots = {(x, y) for line in axes.lines if line.get_linestyle() == "None" for x, y in zip(*line.get_data(), strict=True)}
    assert dots == {pair for loss, accuracy in own.values() for pair in zip(loss, accuracy, strict=True)}


def test_without_the_arm_that_it_shows_the_figure_says_so() -> None:
    figure, table = loss_and_accuracy_figure(pd.DataFrame(losses()), ["bert"], TASKS)
    assert words(panels(figure)[0]) == "not run"
    assert table.empty


def test_a_fine_tuned_model_whose_sparse_model_has_no_loss_is_refused() -> None:
    rows = paper()
    with pytest.raises(ValueError, match=r"no loss of the sparse model of .*'fraction': 0.4"):
        loss_and_accuracy_figure(rows[(rows["task"] != MASKED_LM) | (rows["fraction"] != 0.4)], ["bert"], TASKS)


# ----------------------------------------------------------------------------------------------------------- sparse models


def arms(**other: object) -> pd.DataFrame:
    """Two seeds, every trained arm, two sparsities and at one of them random weights."""
    rows = []
    for seed in (1, 2):
        rows += [*losses([1.0, 1.5], [0, 0.5], seed=seed), point("random", MASKED_LM, 0.5, 2.0, seed=seed)]
        for arm in ("retrained", "deleted", "after"):
            rows += [point(arm, "mnli", at, 0.8 - 0.1 * seed * at, seed=seed) for at in (0, 0.5)]
        rows.append(point("random", "mnli", 0.5, 0.6, seed=seed, **other))
    return pd.DataFrame(rows)


def row(table: pd.DataFrame, task: str, arm: str, fraction: float) -> pd.Series:
    (found,) = [each for _, each in table.iterrows() if (each["task"], each["arm"], each["fraction"]) == (task, arm, fraction)]
    return found


def test_means_and_what_they_are_relative_to_by_hand() -> None:
    _, table = sparse_models_figure(arms(), NO_CURVES, ["bert"], TASKS)
    retrained = row(table, "mnli", "retrained", 0.5)
    assert [retrained["mean"], retrained["relative"], retrained["seeds"]] == pytest.approx([0.725, 0.725 / 0.8, 2])
    assert retrained["sd"] == pytest.approx(0.05 / 2**0.5)
    assert row(table, MASKED_LM, "retrained", 0.5)["relative"] == pytest.approx(1.5)
    assert row(table, MASKED_LM, "random", 0.5)["relative"] == pytest.approx(2)  # by the unpruned model of the arm retrained
    assert row(table, "mnli", "random", 0.5)["relative"] == pytest.approx(0.75)
    assert table["measure"].tolist() == ["loss" if task == MASKED_LM else "accuracy" for task in table["task"]]


def test_each_arm_is_drawn_on_the_panel_of_its_task_and_named() -> None:
    curves = pd.concat([one_shot([1, 0.5, 0.1], task) for task in (MASKED_LM, "mnli")])
    figure, _ = sparse_models_figure(arms(), curves, ["bert"], TASKS)
    masked, mnli = panels(figure)  # nothing was asked of CoLA
    assert [line.tolist() for line in bold(masked)] == [[1.0, 1.5], [2.0]]
    assert [line.tolist() for line in bold(mnli)] == [pytest.approx([0.8, 0.725])] * 3 + [[0.6]]
    thin = [line.get_ydata().tolist() for line in masked.lines if line.get_color() == ARMS["one_shot"]["color"]]
    assert thin == [[2, 4]] * 2  # the seed and the mean; the point of no weights at all is left out
    assert [label for label in legend(figure) if label in {style["label"] for style in ARMS.values()}] == [
        style["label"] for style in ARMS.values()
    ]


def test_a_curve_in_another_metric_than_accuracy_is_not_drawn_among_accuracies() -> None:
    _, table = sparse_models_figure(arms(), one_shot([1, 0.5, 0.1], "cola"), ["bert"], TASKS)
    assert "one_shot" not in set(table["arm"])


def test_a_collapsed_training_is_in_no_mean_and_is_counted() -> None:
    rows = arms()
    lost = (rows["schedule"] == "after") & (rows["seed"] == 2) & (rows["fraction"] == 0.5)
    figure, table = sparse_models_figure(rows.assign(collapsed=lost), NO_CURVES, ["bert"], TASKS)
    after = row(table, "mnli", "after", 0.5)
    assert [after["mean"], after["seeds"], after["collapsed"]] == pytest.approx([0.75, 1, 1])
    assert row(table, "mnli", "after", 0)["seeds"] == 2  # each point is a training of its own
    assert words(panels(figure)[1]) == "1 of 14 trainings collapsed in fine-tuning"


def test_a_curve_of_a_collapsed_fine_tuning_need_not_be_computed() -> None:
    """Neither beside the trained arms nor beside heads is a score of it read."""
    tables = []
    for scores in ([1.0, 0.6, 0.2], [None] * 3):
        curves = pd.concat([one_shot([1.0, 0.9, 0.5]), one_shot(scores, seed=2)])  # type: ignore[arg-type]
        sized = curves.assign(parameters=3000, head_parameters=10)
        heads = pd.concat([curve([1.0, 0.8], "bert", "mnli", seed) for seed in (1, 2)])
        gone = [("bert", "mnli", 2)]
        tables.append(sparse_models_figure(arms(), curves, ["bert"], TASKS, collapsed=gone)[1])
        tables.append(heads_and_weights_figure(heads, sized, ["bert"], ["mnli"], collapsed=gone)[1])
    for computed, without in zip(tables[:2], tables[2:], strict=True):
        pd.testing.assert_frame_equal(computed, without)
        assert without["collapsed"].max() == 1


def test_a_curve_of_a_collapsed_fine_tuning_counts_once() -> None:
    curves = pd.concat([one_shot([1, 0.5, 0.1], seed=seed) for seed in (1, 2)])
    figure, table = sparse_models_figure(arms(), curves, ["bert"], TASKS, collapsed=[("bert", "mnli", 2)])
    assert table.loc[table["arm"] == "one_shot", ["seeds", "collapsed"]].to_numpy().tolist() == [[1, 1]] * 2
    assert words(panels(figure)[1]) == "1 of 16 trainings collapsed in fine-tuning"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda rows: rows.assign(schedule="before"), "no arm of a figure has .*'before'"),
        (lambda rows: rows.assign(criterion="random", schedule="after"), "random ones retrained"),
        (lambda rows: pd.concat([rows, rows.iloc[:1]]), "stands in the table twice"),
        (lambda rows: pd.concat([rows, rows.assign(study="other", seed=9)]), "one study a figure"),
    ],
    ids=["arm", "random", "twice", "studies"],
)
def test_what_has_no_common_mean_is_refused(wrong: Callable[[pd.DataFrame], pd.DataFrame], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        sparse_models_figure(wrong(arms()), NO_CURVES, ["bert"], TASKS)


# --------------------------------------------------------------------------------------------------------------- movement


def moved(task: str, seed: int, movements: Sequence[float], sizes: Sequence[int] = (100, 300)) -> pd.DataFrame:
    """Matrices of some sizes, at two sparsities; at the second, masks differ twice as much as at the first."""
    rows = [
        {"matrix": f"m{number}", "size": size, "movement": share, "sd": share, "fraction": at, "masks_differ": at * share}
        for number, (size, share) in enumerate(zip(sizes, movements, strict=True))
        for at in (0.3, 0.6)
    ]
    return pd.DataFrame(rows).assign(study="test", model="bert", task=task, seed=seed)


def test_movement_is_a_mean_over_entries_and_then_over_seeds() -> None:
    table = movement_figure(pd.concat([moved("mnli", 1, [0.04, 0.08]), moved("mnli", 2, [0, 0.04])]), ["bert"], TASKS)[1]
    # seed 1: (100 × 4% + 300 × 8%) / 400 = 7%, seed 2: 3%
    assert table["mean"].tolist() == pytest.approx([0.05, 0.015, 0.03])
    assert table["sd"].tolist()[0] == pytest.approx(0.04 / 2**0.5)
    assert table["fraction"].isna().tolist() == [True, False, False]
    assert table["measure"].tolist() == ["movement", "masks_differ", "masks_differ"]


def test_movement_takes_the_table_that_is_measured() -> None:
    before = {"a": np.arange(1, 5, dtype=np.float32).reshape(2, 2), "b": np.ones((1, 4), np.float32)}
    after = {"a": before["a"][:, ::-1].copy(), "b": before["b"]}
    rows = movement(before, after, [0.25]).assign(study="test", model="bert", task="mnli", seed=1)
    table = movement_figure(rows, ["bert"], TASKS)[1]
    # a: all four move by one place of four; b: none does; one of a's entries is kept in its neighbour's stead
    assert table["mean"].tolist() == pytest.approx([(4 * 0.25 + 4 * 0) / 8, 2 / 8])


def test_bars_and_lines_are_the_means_and_collapsed_runs_are_left_out() -> None:
    given = pd.concat([moved("mnli", 1, [0.04, 0.08]), moved("cola", 1, [0.02, 0.02]), moved("cola", 2, [0.9, 0.9])])
    figure, table = movement_figure(given, ["bert"], TASKS, collapsed=[("bert", "cola", 2)])
    left, right = panels(figure)
    assert [bar.get_height() for bar in left.patches] == pytest.approx([0.07, 0.02])
    assert [line.tolist() for line in bold(right)] == [pytest.approx([0.021, 0.042]), pytest.approx([0.006, 0.012])]
    assert words(left) == "CoLA: 1 of 2 seeds collapsed in fine-tuning"
    assert table.loc[table["task"] == "cola", "collapsed"].eq(1).all()


# ------------------------------------------------------------------------------------------------------ heads and weights


def heads(scores: list[float], task: str = "mnli", model: str = "bert", seed: int = 1, **other: str) -> pd.DataFrame:
    return curve(scores, model, task, seed, **other)


def sized(curves: pd.DataFrame, parameters: int = 1000, of_a_head: int = 50) -> pd.DataFrame:
    return curves.assign(parameters=parameters, head_parameters=of_a_head)


def test_shares_of_the_parameters_by_hand() -> None:
    weights = one_shot([1, 0.9, 0]).assign(removed=[0, 400, 800])
    both = pd.concat([sized(weights), sized(weights.assign(task=MASKED_LM), 2000)])
    own = [heads([1.0, 0.8, 0.1], task) for task in ("mnli", MASKED_LM)]
    figure, table = heads_and_weights_figure(pd.concat(own), both, ["bert"], TASKS)
    shares = table.groupby(["task", "unit"])["share"].apply(list).to_dict()
    assert shares["mnli", "head"] == pytest.approx([0, 0.05, 0.1])  # 50 of 1000 a head
    assert shares["mnli", "weight"] == pytest.approx([0, 0.4, 0.8])
    assert shares[MASKED_LM, "weight"] == pytest.approx([0, 0.2, 0.4])  # as masked LM it has its own head's parameters
    assert [title.get_title() for title in panels(figure)] == ["Masked LM", "MNLI"]
    for axes in panels(figure):
        assert [line.tolist() for line in bold(axes)] == [[1.0, 0.8, 0.1], [1.0, 0.9, 0.0]]


def test_only_the_smallest_weights_are_compared_with_heads() -> None:
    weights = sized(pd.concat([one_shot([1, 0.9, 0]), one_shot([1, 0.1, 0], criterion="random")]))
    _, table = heads_and_weights_figure(heads([1.0, 0.8, 0.1]), weights, ["bert"], TASKS)
    assert table.loc[table["unit"] == "weight", "mean"].tolist() == [1, 0.9, 0]


def test_heads_in_another_schedule_than_weights_are_compared_too() -> None:
    own = heads([1.0, 0.8, 0.1], schedule="iterative")
    assert len(heads_and_weights_figure(own, sized(one_shot([1, 0.9, 0])), ["bert"], TASKS)[1]) == 6


def test_models_that_share_their_heads_or_lack_a_curve_are_left_out() -> None:
    weights = pd.concat([sized(one_shot([1, 0.9, 0])), sized(one_shot([1, 0.9, 0], model="albert"), of_a_head=0)])
    own = pd.concat([heads([1.0, 0.8, 0.1]), heads([1.0, 0.8, 0.1], model="albert"), heads([1.0, 0.8, 0.1], model="third")])
    figure, table = heads_and_weights_figure(own, weights, ["bert", "albert", "third"], TASKS)
    assert set(table["model"]) == {"bert"}
    assert len(panels(figure)) == 1
    nothing, empty = heads_and_weights_figure(own, weights, ["albert"], TASKS)
    assert words(panels(nothing)[0]) == "no model has curves of both whose layers have heads of their own"
    assert empty.empty and "share" in empty


def test_a_model_of_two_sizes_is_refused() -> None:
    weights = pd.concat([sized(one_shot([1, 0.9, 0])), sized(one_shot([1, 0.9, 0], seed=2), parameters=999)])
    with pytest.raises(ValueError, match="bert, mnli: one parameters a model and task, not"):
        heads_and_weights_figure(heads([1.0, 0.8, 0.1]), weights, ["bert"], TASKS)


def test_the_script_reads_the_sizes_from_the_metadata_of_the_curves(tmp_path: Path) -> None:
    write_table(tmp_path / "heads.parquet", heads([1.0, 0.8, 0.1]))
    write_table(tmp_path / "weights.parquet", one_shot([1, 0.9, 0]), parameters=1000, weights=2, head_parameters=50)
    given = ["--figure", "heads_and_weights", "--study", '{"models": ["bert"], "tasks": ["mnli"]}']
    given += ["--head-curves", str(tmp_path / "heads.parquet"), "--weight-curves", str(tmp_path / "weights.parquet")]
    (tmp_path / "metrics.json").write_text('{"model": "bert", "task": "mnli", "seed": 1, "collapsed": false}')
    assert draw(tmp_path, *given, "--metrics", str(tmp_path / "metrics.json")).stderr == ""
    found = pd.read_csv(tmp_path / "drawn.csv")
    assert found.loc[found["unit"] == "head", "share"].tolist() == pytest.approx([0, 0.05, 0.1])


# ---------------------------------------------------------------------------------------------------------------- legible


def tables() -> dict[str, pd.DataFrame]:
    """A study of two models, one of which shares its heads, with a collapsed training."""
    models = ["bert", "albert"]
    weights = [point(arm, "mnli", at, 0.8 - 0.3 * at**3) for arm in ("retrained", "deleted", "after") for at in FRACTIONS]
    rows = pd.concat([pd.DataFrame([*weights, point("random", "mnli", 0.4, 0.5)]), paper()])
    rows = rows.drop_duplicates(["task", "criterion", "schedule", "fraction"])
    curves = pd.concat([one_shot([1, 0.9, 0.5, 0.1], task) for task in (MASKED_LM, "mnli")])
    both = [sized(curves.assign(model=model), of_a_head=50 * (model == "bert")) for model in models]
    return {
        "weights": pd.concat([rows.assign(model=model) for model in models]),
        "weight_curves": pd.concat(both),
        "head_curves": pd.concat([heads([1, 0.9, 0.2], task) for task in (MASKED_LM, "mnli")]),
        "movements": pd.concat([moved(task, 1, [0.04, 0.05]) for task in TASKS]),
        "metrics": pd.DataFrame({"model": models, "task": "mnli", "seed": 1, "collapsed": [True, False]}),
    }


@pytest.mark.parametrize("name", [name for name, figure in FIGURES.items() if figure.group == "weights"])
@pytest.mark.parametrize("models", [["bert"], ["bert", "albert"]], ids=len)
def test_every_word_can_be_read(name: str, models: list[str]) -> None:
    figure: Figure = FIGURES[name].draw(tables(), Shown(models=models, tasks=TASKS))[0]
    assert_legible(figure)
