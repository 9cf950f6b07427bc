"""Figures of several languages: means by hand and by a loop, nothing where nothing was transferred, and all names legible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from test_draw_figure import draw
from test_figures import bold, legend, panels, words
from test_figures_divergence import assert_legible

from headcount.figures import FIGURES, Shown
from headcount.figures.articles import DOT, RING, SEED, articles_figure
from headcount.figures.language_map import language_map_figure
from headcount.figures.language_rows import COLLAPSED, UNTRANSFERRED, by_family
from headcount.figures.robustness import DOT as RUN_DOT
from headcount.figures.robustness import robustness_figure
from headcount.figures.style import settle
from headcount.store.tables import write_table

TASKS = ["mnli", "qqp"]
CHANCE = 0.4
ERROR = 0.02
LAYERS = {"bottom": "1 2", "top": "3 4", "layer-1": "1", "layer-2": "2", "layer-10": "10"}
WORLD = {
    "en": ("English", "svo", "isolating", 4000),
    "luma": ("Luma", "svo", "isolating", 2000),
    "tabek": ("Tabek", "sov", "agglutinative", 2000),
    "kunde": ("Kunde", "sov", "agglutinative", 400),
}
"""Languages that are each a family of their own; two have as many articles."""
EUROPE = {
    "en": ("Indo-European", "svo", "fusional", 6_000_000),
    "de": ("Indo-European", "svo", "fusional", 2_800_000),
    "fr": ("Indo-European", "svo", "fusional", 2_500_000),
    "tr": ("Altaic", "sov", "agglutinative", 530_000),
    "ar": ("Afro-Asiatic", "vso", "fusional", 1_200_000),
}
Left = Mapping[tuple[str, str], float]
"""Scores by (schedule, point)."""


def removed(point: str) -> dict[str, object]:
    """What the name of a point says of it."""
    if point == "whole":
        return {"unit": "none", "criterion": "none", "fraction": None, "draw": None, "layers": None}
    if point in LAYERS:
        return {"unit": "layer_heads", "criterion": "set", "fraction": None, "draw": None, "layers": LAYERS[point]}
    fraction, _, draw = point.partition("-")
    return {"unit": "head", "criterion": "random", "fraction": float(fraction), "draw": int(draw), "layers": None}


def typed(rows: list[dict[str, object]]) -> pd.DataFrame:
    nullable = {"fraction": "Float64", "draw": "Int64"}
    return pd.DataFrame(rows).astype(nullable)


def answers(
    language: str,
    whole: float,
    left: Left,
    seed: int = 1,
    *,
    kinds: Mapping[str, tuple[str, str, str, int]] = WORLD,
    transferred: bool = True,
    collapsed: bool = False,
) -> pd.DataFrame:
    """The scores of a run in a language: of the whole model, and of what is left without some heads."""
    family, order, morphology, articles = kinds[language]
    rows = []
    for (schedule, point), score in {("whole", "whole"): whole, **left}.items():
        defined = transferred and not collapsed
        rows.append(
            {
                "study": "test",
                "model": "multi",
                "task": "mnli",
                "seed": seed,
                "schedule": schedule,
                "point": point,
                **removed(point),
                "collapsed": collapsed,
                "language": language,
                "examples": 300,
                "score": score,
                "constant_score": CHANCE,
                "standard_error": ERROR * seed,
                "transferred": transferred,
                "drop": 1 - score / whole if defined else None,
                "drop_above_chance": 1 - (score - CHANCE) / (whole - CHANCE) if defined else None,
                "source": language == "en",
                "family": family,
                "order": order,
                "morphology": morphology,
                "articles": articles,
            }
        )
    return typed(rows).astype({"drop": "Float64", "drop_above_chance": "Float64"})


def row(table: pd.DataFrame, **wanted: object) -> pd.Series:
    """The one row with these values; ``None`` asks for null."""
    chosen = table
    for column, value in wanted.items():
        chosen = chosen[chosen[column].isna() if value is None else chosen[column] == value]
    assert len(chosen) == 1, wanted
    return chosen.iloc[0]


# ------------------------------------------------------------------------------------------------------------ means by hand

DRAWS = ("0.25-1", "0.25-2", "0.5-1", "0.5-2")


def drawn(scores: Sequence[float], schedule: str = "before") -> Left:
    return {(schedule, point): score for point, score in zip(DRAWS, scores, strict=True)}


def test_drops_are_means_over_draws_then_over_seeds() -> None:
    seeds = [answers("luma", 0.8, drawn([0.7, 0.6, 0.5, 0.4]), 1), answers("luma", 0.6, drawn([0.6, 0.5, 0.5, 0.4]), 2)]
    _, table = articles_figure(pd.concat(seeds), "multi")
    quarter, every = (row(table, schedule="before", fraction=fraction) for fraction in (0.25, None))
    assert [quarter["mean"], quarter["sd"]] == pytest.approx([(0.375 + 0.25) / 2, 0.125 / 2**0.5])  # .25, .5 | 0, .5
    assert [every["mean"], every["least"], every["most"]] == pytest.approx([(0.625 + 0.5) / 2, 0.5, 0.625])
    assert every["drop"] == pytest.approx(((1 - 0.55 / 0.8) + (1 - 0.5 / 0.6)) / 2)
    assert quarter["score"] == pytest.approx((0.65 + 0.55) / 2)
    assert [every["seeds"], every["untransferred"], every["collapsed"]] == [2, 0, 0]


def test_scores_of_the_whole_model_stand_in_the_table_with_one_seeds_error() -> None:
    seeds = [answers("luma", 0.8, drawn([0.7] * 4), 1), answers("luma", 0.6, drawn([0.6] * 4), 2)]
    whole = row(articles_figure(pd.concat(seeds), "multi")[1], schedule="whole")
    assert [whole[name] for name in ("fraction", "score", "constant_score", "standard_error")] == pytest.approx(
        [0, 0.7, CHANCE, 1.5 * ERROR]
    )


def test_a_seed_without_transfer_has_a_score_and_no_drop_and_a_collapsed_one_has_neither() -> None:
    left = drawn([0.5] * 4)
    runs = [
        answers("luma", 0.8, left, 1),
        answers("luma", 0.42, drawn([0.41] * 4), 2, transferred=False),
        answers("luma", 0.4, drawn([0.4] * 4), 3, collapsed=True),
    ]
    figure, table = articles_figure(pd.concat(runs), "multi")
    every = row(table, schedule="before", fraction=None)
    assert [every["mean"], every["seeds"], every["untransferred"], every["collapsed"]] == pytest.approx([0.75, 1, 1, 1])
    assert row(table, schedule="whole")["score"] == pytest.approx((0.8 + 0.42) / 2)
    assert "1 of 3 seeds collapsed in fine-tuning" in words(panels(figure)[0])
    assert "nothing was transferred: 1 of 2 seeds of luma" in words(panels(figure)[0])


def random_table(kinds: Mapping[str, tuple[str, str, str, int]], seeds: Iterable[int], points: Sequence[str]) -> pd.DataFrame:
    """Scores at random in every language, both schedules, and some languages that nothing was transferred to."""
    numbers = np.random.default_rng(0)
    runs = []
    for language, seed in product(kinds, seeds):
        whole, there = numbers.uniform(0.6, 0.9), language != [*kinds][-1] and (language, seed) != ([*kinds][-2], 1)
        left = {(schedule, point): numbers.uniform(0.4, whole) for schedule in ("before", "one_shot") for point in points}
        runs.append(answers(language, whole, left, seed, kinds=kinds, transferred=there))
    return pd.concat(runs, ignore_index=True)


@pytest.mark.parametrize("kinds", [WORLD, EUROPE], ids=["world", "europe"])
def test_every_mean_is_that_of_a_loop_over_the_rows(kinds: Mapping[str, tuple[str, str, str, int]]) -> None:
    given = random_table(kinds, (1, 2, 3), [*DRAWS, *LAYERS])
    for table in (articles_figure(given, "multi")[1], language_map_figure(given, "multi")[1]):
        for _, found in table[table["schedule"] != "whole"].iterrows():
            of_seeds = []
            for seed in (1, 2, 3):
                values = [
                    each["drop_above_chance"]
                    for _, each in given.iterrows()
                    if (each["language"], each["seed"], each["schedule"]) == (found["language"], seed, found["schedule"])
                    and (each["point"] == found["point"] if "point" in found else each["unit"] == "head")
                    and ("point" in found or pd.isna(found["fraction"]) or each["fraction"] == found["fraction"])
                    and not pd.isna(each["drop_above_chance"])
                ]
                of_seeds += [sum(values) / len(values)] if values else []
            assert found["seeds"] == len(of_seeds)
            assert (found["mean"] == pytest.approx(sum(of_seeds) / len(of_seeds))) if of_seeds else np.isnan(found["mean"])


def test_families_stand_together_and_languages_of_their_own_by_articles() -> None:
    given = random_table(EUROPE, (1,), ["top"])
    assert by_family(given) == ["ar", "tr", "en", "de", "fr"]
    assert by_family(random_table(WORLD, (1,), ["top"])) == ["en", "luma", "tabek", "kunde"]


# ---------------------------------------------------------------------------------------------------------------- heat map


def ticks(axes: Axes, which: str) -> list[str]:
    return [label.get_text() for label in getattr(axes, f"get_{which}ticklabels")()]


def test_the_map_has_a_cell_a_language_and_layers_sets_first() -> None:
    given = random_table(EUROPE, (2, 3), ["layer-10", "top", "layer-2", "bottom", "layer-1"])
    figure, table = language_map_figure(given, "multi")
    before, after, _ = panels(figure)
    assert ticks(before, "x") == ["bottom: 1–2", "top: 3–4", "1", "2", "10"]
    assert ticks(before, "y") == ["Afro-Asiatic   ar", "Altaic   tr", "Indo-European   en (source)", "de", "fr"]
    for axes, schedule in ((before, "before"), (after, "one_shot")):
        cells = np.ma.getdata(axes.images[0].get_array())
        for (down, language), (along, point) in product(enumerate(by_family(given)), enumerate(["bottom", "top"])):
            mean = row(table, schedule=schedule, language=language, point=point)["mean"]
            assert cells[down, along] == pytest.approx(mean, nan_ok=True)
    limit = table["mean"].abs().max()
    assert before.images[0].get_clim() == after.images[0].get_clim() == (-limit, limit)


def test_without_the_second_schedule_there_is_one_map() -> None:
    given = random_table(WORLD, (1, 2), ["top", "bottom"])
    figure, table = language_map_figure(given[given["schedule"] != "one_shot"], "multi")
    assert len([axes for axes in panels(figure) if axes.images]) == 1 and set(table["schedule"]) == {"before"}


def test_a_language_that_nothing_was_transferred_to_is_hatched_and_said() -> None:
    given = random_table(WORLD, (1, 2, 3), ["top", "bottom"])  # nothing to kunde, and with seed 1 nothing to tabek
    figure, table = language_map_figure(given, "multi")
    axes = panels(figure)[0]
    (hatched,) = [patch for patch in axes.patches if isinstance(patch, Rectangle) and patch.get_hatch()]
    assert (hatched.get_y(), hatched.get_height()) == (2.5, 1)
    assert ticks(axes, "y")[2:] == ["tabek, 2 of 3 seeds", "kunde"]
    assert legend(figure) == ["nothing was transferred: not above chance by 3 standard errors"]
    assert table.loc[table["language"] == "kunde", ["mean", "drop"]].isna().all(axis=None)
    whole = given["language"] == "kunde"
    assert not language_map_figure(given[~whole], "multi")[0].legends


def test_a_map_of_percentages_is_written_in_its_cells() -> None:
    left = {("before", "bottom"): 0.42, ("before", "top"): 0.78}
    figure, _ = language_map_figure(pd.concat([answers("en", 0.8, left), answers("luma", 0.6, left)]), "multi")
    assert words(panels(figure)[0]).split() == ["95", "5", "90", "−90"]


# ---------------------------------------------------------------------------------------------------------------- articles


def dots(axes: Axes, size: float) -> dict[tuple[float, float], str]:
    """Places of the markers of one size, with their colours."""
    lines = [line for line in axes.lines if line.get_markersize() == size and line.get_linestyle() == "None"]
    return {(x, y): line.get_color() for line in lines for x, y in zip(*line.get_data(), strict=True)}


def test_a_dot_a_language_at_its_articles_and_a_ring_around_the_source() -> None:
    runs = [
        answers(language, 0.8, drawn([score] * 4), seed, kinds=EUROPE)
        for language, score in {"en": 0.7, "de": 0.6, "tr": 0.5}.items()
        for seed in (1, 2)
    ]
    figure, _ = articles_figure(pd.concat(runs), "multi")
    (axes,) = panels(figure)
    assert axes.get_xscale() == "log"
    wanted = {6_000_000: 0.25, 2_800_000: 0.5, 530_000: 0.75}
    assert {x: y for x, y in dots(axes, DOT["markersize"])} == pytest.approx(wanted)
    assert {x for x, _ in dots(axes, RING["markersize"])} == {6_000_000}
    assert len(dots(axes, SEED["markersize"])) == 3  # both seeds at one place
    assert sorted(text.get_text() for text in axes.texts if text.get_text()) == ["de", "en", "tr"]


def test_languages_of_as_many_articles_stand_side_by_side() -> None:
    figure, _ = articles_figure(pd.concat(answers(name, 0.8, drawn([0.6] * 4)) for name in WORLD), "multi")
    places = sorted(x for x, _ in dots(panels(figure)[0], DOT["markersize"]))
    assert places[0] == 400 and places[-1] == 4000
    assert places[1] < 2000 < places[2]
    assert places[1] * places[2] == pytest.approx(2000**2)


def test_every_language_is_named_once_even_where_dots_crowd() -> None:
    kinds = {f"l{number}": ("F", "svo", "fusional", 1000 + 7 * number) for number in range(15)}
    runs = [answers(name, 0.8, drawn([0.6 + 0.001 * place] * 4), kinds=kinds) for place, name in enumerate(kinds)]
    figure, _ = articles_figure(pd.concat(runs), "multi")
    settle(figure)
    named = [text.get_text() for text in panels(figure)[0].texts if text.get_text()]
    assert sorted(named) == sorted(kinds)
    assert_legible(figure)


# -------------------------------------------------------------------------------------------------------------- robustness


def run(model: str, task: str, seed: int, left: Mapping[str, float], whole: float = 0.8, **other: object) -> pd.DataFrame:
    """A run's accuracies, of the whole model and before fine-tuning without what its points say."""
    rows = []
    for point, accuracy in {"whole": whole, **left}.items():
        collapsed = bool(other.get("collapsed"))
        share = removed(point)["fraction"]
        rows.append(
            {
                "study": "test",
                "model": model,
                "task": task,
                "seed": seed,
                "schedule": "whole" if point == "whole" else "before",
                "point": point,
                **removed(point),
                "removed_fraction": 0.0 if share is None else share,
                "collapsed": collapsed,
                "relative_accuracy": None if collapsed or not whole else accuracy / whole,
                **other,
            }
        )
    return typed(rows).astype({"relative_accuracy": "Float64"})


def both(**other: object) -> pd.DataFrame:
    runs = [run(model, "mnli", 1, {"0.5-1": 0.72, "0.5-2": 0.64, "top": 0.1}) for model in ("multi", "mono")]
    return pd.concat([*runs, run("multi", "mnli", 2, {"0.5-1": 0.8, "0.5-2": 0.76, "top": 0.1}, **other)])


def test_relative_accuracies_are_means_over_draws_then_seeds() -> None:
    _, table = robustness_figure(both(), ["multi", "mono"], TASKS)
    half = row(table, model="multi", fraction=0.5)
    assert [half["mean"], half["sd"]] == pytest.approx([0.9125, 0.125 / 2**0.5])  # .85, .975
    assert [half["least"], half["most"], half["draws"], half["seeds"]] == pytest.approx([0.8, 1, 2, 2])
    assert row(table, model="mono", fraction=0.5)["mean"] == pytest.approx(0.85)
    assert table.loc[table["fraction"] == 0, "mean"].tolist() == [1, 1]
    assert set(table["fraction"]) == {0, 0.5}  # whole layers are not among random heads


def test_a_line_a_model_and_a_dot_a_seed_on_the_panel_of_the_task() -> None:
    figure, _ = robustness_figure(both(), ["multi", "mono"], TASKS)
    (axes,) = panels(figure)  # nothing was asked of QQP
    assert axes.get_title() == "MNLI" and not bold(axes)
    lines = [line.get_ydata().tolist() for line in axes.lines if line.get_linewidth() == 1.6]
    assert lines == [pytest.approx([1, 0.9125]), pytest.approx([1, 0.85])]
    seeds = [line.get_ydata().tolist() for line in axes.lines if line.get_markersize() == RUN_DOT["markersize"]]
    assert seeds == [pytest.approx([0.85, 0.975]), pytest.approx([0.85])]
    assert legend(figure)[:2] == ["multi", "mono"]


def test_collapsed_and_undefined_runs_are_in_no_mean_and_are_said() -> None:
    figure, table = robustness_figure(both(collapsed=True), ["multi", "mono"], TASKS)
    half = row(table, model="multi", fraction=0.5)
    assert [half["mean"], half["seeds"], half["collapsed"], half["undefined"]] == pytest.approx([0.85, 1, 1, 0])
    assert words(panels(figure)[0]) == "multi: 1 of 2 seeds collapsed in fine-tuning"
    nothing = pd.concat([both(), run("mono", "mnli", 2, {"0.5-1": 0.0, "0.5-2": 0.0, "top": 0.0}, whole=0.0)])
    assert row(robustness_figure(nothing, ["multi", "mono"], TASKS)[1], model="mono", fraction=0.5)["undefined"] == 1


def test_a_model_that_was_not_run_on_a_task_is_said_so() -> None:
    figure, _ = robustness_figure(both(), ["multi", "other"], TASKS)
    assert words(panels(figure)[0]) == "other: not run"
    empty, table = robustness_figure(both(), ["other"], TASKS)
    assert [words(axes) for axes in panels(empty)] == ["not run"] * 2 and table.empty


# ---------------------------------------------------------------------------------------------------------------- refusals


def twice(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([rows, rows.iloc[:1]])


def in_two_studies(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([rows, rows.assign(study="other", seed=9)])


def one_draw_less(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[~((rows["seed"] == 2) & (rows["point"].isin(["0.5-2", "top"])))]


WRONG: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = {
    "twice": (twice, "stands in the table twice"),
    "studies": (in_two_studies, "one study a figure"),
    "draws": (one_draw_less, "not every seed lost the same"),
}


@pytest.mark.parametrize(("wrong", "said"), WRONG.values(), ids=WRONG)
def test_what_has_no_common_mean_is_refused(wrong: Callable[[pd.DataFrame], pd.DataFrame], said: str) -> None:
    given = wrong(random_table(WORLD, (1, 2), [*DRAWS, "top"]))
    for figure in (articles_figure, language_map_figure):
        with pytest.raises(ValueError, match=said):
            figure(given, "multi")
    with pytest.raises(ValueError, match=said):
        robustness_figure(wrong(both()), ["multi", "mono"], TASKS)


def test_a_language_of_two_kinds_and_models_of_two_tasks_are_refused() -> None:
    given = random_table(WORLD, (1, 2), ["top"])
    with pytest.raises(ValueError, match="luma: one language, two kinds of it"):
        language_map_figure(given.assign(articles=given["articles"] + given["seed"] * (given["language"] == "luma")), "multi")
    with pytest.raises(ValueError, match="one task a figure"):
        language_map_figure(pd.concat([given, given.assign(task="qqp")]), "multi")


@pytest.mark.parametrize("figure", [articles_figure, language_map_figure])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"collapsed": True}, "2 of 2 seeds collapsed in fine-tuning"),
        ({"transferred": False}, "nothing was transferred"),
        ({"model": "other"}, "not run"),
    ],
    ids=[COLLAPSED, UNTRANSFERRED, "absent"],
)
def test_without_any_drop_the_figure_says_why(
    figure: Callable[[pd.DataFrame, str], tuple[Figure, pd.DataFrame]], change: dict[str, object], said: str
) -> None:
    given = random_table(WORLD, (1, 2), [*DRAWS, "top"]).assign(**change, drop=pd.NA, drop_above_chance=pd.NA)
    picture, table = figure(given, "multi")
    assert {words(axes) for axes in panels(picture)} == {said}
    assert "mean" in table


# ----------------------------------------------------------------------------------------------------------------- legible


def tables(
    kinds: Mapping[str, tuple[str, str, str, int]] = WORLD, points: Sequence[str] = (*DRAWS, *LAYERS)
) -> dict[str, pd.DataFrame]:
    """A study of two models, one of which collapsed on a task with one of its seeds."""
    left = {point: 0.8 - 0.1 * place for place, point in enumerate(DRAWS)}
    runs = [
        run(model, task, seed, left, collapsed=(model, task, seed) == ("mono", "qqp", 2))
        for model, task, seed in product(("multi", "mono"), TASKS, (1, 2))
    ]
    return {"languages": random_table(kinds, (1, 2), points), "removals": pd.concat(runs)}


LARGE = {
    f"l{number}": ("ABC"[number % 3], "svo", "fusional", 10 ** (4 + number // 4) * (number % 4 + 1)) for number in range(15)
}
MANY = [*DRAWS, "bottom", "top", *(f"layer-{number}" for number in range(1, 13))]


@pytest.mark.parametrize("name", [name for name, figure in FIGURES.items() if figure.group == "languages"])
@pytest.mark.parametrize("kinds", [WORLD, EUROPE, LARGE], ids=["world", "europe", "fifteen"])
def test_every_word_can_be_read(
    name: str, kinds: Mapping[str, tuple[str, str, str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("test_figures_languages.LAYERS", LAYERS | {f"layer-{number}": str(number) for number in range(1, 13)})
    given = tables(kinds, MANY if kinds is LARGE else [*DRAWS, *list(LAYERS)[:5]])
    assert_legible(FIGURES[name].draw(given, Shown(models=["multi", "mono"], tasks=TASKS))[0])


def test_the_script_draws_from_the_tables_as_they_are_stored(tmp_path: Path) -> None:
    for name, table in tables().items():
        write_table(tmp_path / f"{name}.parquet", table)
    for name, option in {"languages_robustness": "removals", "languages_layers": "languages"}.items():
        given = ["--figure", name, "--study", '{"models": ["multi", "mono"], "tasks": ["mnli", "qqp"]}']
        assert draw(tmp_path, *given, f"--{option}", str(tmp_path / f"{option}.parquet")).stderr == ""
        found = pd.read_csv(tmp_path / "drawn.csv")
        assert found["mean"].notna().any()
