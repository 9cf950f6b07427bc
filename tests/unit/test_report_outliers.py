"""The page's section on outlier features: there for a study of them alone, with the table's own numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from report_samples import CONFIG, SVG, settings, sources
from test_figures_features import ablation, emergence, features
from test_report import table, text, tree

from headcount.analysis.features import Bounds
from headcount.figures import FIGURES
from headcount.figures.ablation import ablation_figure
from headcount.figures.emergence import emergence_figure
from headcount.figures.features import features_figure
from headcount.report import outliers
from headcount.report.page import render
from headcount.report.sources import Picture, Sources
from headcount.settings import files
from headcount.study.jobs import StudyJobs
from headcount.study.told import About, told

NAMES = ["outlier_features", "ablation", "emergence"]


def with_outliers(**part: Any) -> dict[str, Any]:
    """The settings of a study of the outliers of its first model."""
    given = settings()
    return {**given, "outliers": {**given["outliers"], "models": ["roberta"], **part}}


@pytest.fixture(scope="module")
def behind() -> dict[str, pd.DataFrame]:
    """The tables behind the three figures."""
    given = pd.concat([features({5: [1, 2, 3], 40: [1, 3]}), features({}, "albert")])
    runs = pd.concat([ablation(task=task) for task in ("mlm", "cola")])
    drawn = [features_figure(given, ["roberta", "albert"], Bounds(3, 0.25)), ablation_figure(runs, ["roberta"], ["cola"])]
    drawn.append(emergence_figure(emergence(), ["roberta"]))
    return {name: found for name, (_, found) in zip(NAMES, drawn, strict=True)}


@pytest.fixture(scope="module")
def page(behind: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> ElementTree.Element:
    """A page from the tables as they lie on disk."""
    pictures = dict(sources().pictures)
    for name, found in behind.items():
        place = tmp_path_factory.mktemp("figures") / f"{name}.csv"
        found.to_csv(place, index=False)
        pictures[name] = Picture(svg=SVG % (700, 700, 700), table=pd.read_csv(place))
    return tree(render(replace(sources(settings=with_outliers()), pictures=pictures)))


def test_a_study_of_heads_has_no_such_section_and_no_such_figure() -> None:
    page = tree(render(sources()))
    assert not {element.get("id") for element in page.iter()} & {"outliers", *NAMES}
    assert "#outliers" not in [link.get("href") for link in page.iter("a")]
    assert not set(NAMES) & set(StudyJobs(files.read(settings())).figures)


def test_the_section_follows_the_heads_figures_and_stands_in_the_contents(page: ElementTree.Element) -> None:
    wanted = ["beyond", "outliers", *NAMES, "reliability"]
    assert [element.get("id") for element in page.iter() if element.get("id") in wanted] == wanted
    assert "#outliers" in [link.get("href") for link in page.iter("a")]


def test_a_study_of_features_alone_asks_of_no_head(page: ElementTree.Element) -> None:
    alone = tree(render(sources(settings={**with_outliers(), "pruning": {"models": []}})))
    ids = {element.get("id") for element in alone.iter()} - {None}
    others = {element.get("id") for element in page.iter()} - {None}
    assert {"beyond", "reliability", "freezing", "deviations", "figure1"} == {
        each for each in ("beyond", "reliability", "freezing", "deviations", "figure1", "outliers", "table1") if each not in ids
    }
    assert {"beyond", "figure1", "outliers"} <= others
    linked = {link.get("href", "").removeprefix("#") for link in alone.iter("a") if link.get("href", "").startswith("#")}
    assert linked <= ids
    heading, asked = (next(found.iter("h1")).text or "" for found in (alone, page))
    assert "LayerNorms" in heading and "heads" in asked


def test_the_table_names_each_outlier_with_its_layers_and_raw_values(
    page: ElementTree.Element, behind: dict[str, pd.DataFrame]
) -> None:
    rows = table(page, "The outliers of each model")
    assert [row[:3] for row in rows[1:]] == [
        ["roberta", "5 of 64", "1–3 of 4"],
        ["roberta", "40 of 64", "1, 3 of 4"],
        ["albert", "none of 64", "–"],
    ]
    assert rows[1][3:5] == ["0.505", "−0.430 … −0.410"]  # what ``test_figures_features.weights`` puts there
    assert rows[2][3:5] == ["0.540", "0.410 … 0.430"]
    found = behind["outlier_features"]
    far = found.loc[(found["feature"] == 5) & found["outlier"].fillna(False), "z_scale"].abs()
    assert rows[1][5] == f"−{far.max():.1f} … −{far.min():.1f}"


def test_the_figures_are_described_with_numbers_from_their_tables(page: ElementTree.Element) -> None:
    alts = " ".join(picture.get("alt") or "" for picture in page.iter("img"))
    assert (
        "Of the 64 features of roberta, feature 5 in 3 of its 4 layers and feature 40 in 2 of its 4 layers stand out." in alts
    )
    assert (
        "the masked-LM loss of roberta is 1.40 times the whole model’s; with outlier features replaced by their means, 1.04"
        in alts
    )
    assert "From step 0 to step 400 of the pre-training of roberta, the loss goes from 2.000 to 1.002" in alts


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({}, "both lie more than 3 standard deviations"),
        ({"sigma": 2.5, "joint": False}, "one of them lies more than 2.5 standard deviations"),
        ({"share": 0.5}, "in more than 50% of the layers"),
        ({"draws": 1}, "1 random set of as many"),
        ({"replace": ["mean"]}, "replaced by their means over the tokens that are asked, random"),
    ],
    ids=["default", "bounds", "share", "draws", "replace"],
)
def test_the_section_says_how_this_study_measures(part: dict[str, Any], said: str) -> None:
    assert said in outliers.asked(with_outliers(**part))


def test_what_is_not_there_is_said_with_the_reason() -> None:
    page = tree(render(Sources(with_outliers())))
    absent = [text(element) for element in page.iter("p") if element.get("class") == "absent"]
    assert absent.count("Not run. This study follows no model along its pre-training.") == 1


@pytest.mark.parametrize(("numbers", "words"), [([], ""), ([3], "3"), ([1, 2, 3, 5], "1–3, 5"), ([1, 3, 4], "1, 3–4")])
def test_layers_are_said_in_few_words(numbers: list[int], words: str) -> None:
    assert outliers.ranges(numbers) == words


FEATURES = [CONFIG / "miniature.yaml", CONFIG / "overlays/features.yaml"]
"""The shipped encoder and one with a known outlier, and a third that is looked at along its pre-training."""


def test_each_figure_shows_the_models_that_it_is_about_and_reads_their_tables() -> None:
    jobs = StudyJobs(files.load(*FEATURES))
    looked_at = dict.fromkeys(NAMES[:2], ("roberta", "spiked")) | {"emergence": ("fresh",)}
    assert {name: tuple(jobs.shown_models(name)) for name in NAMES} == looked_at
    assert set(NAMES) <= set(jobs.figures)
    made = {path for job in jobs.all for path in jobs.outputs(job)}
    for name in NAMES:
        for option, paths in jobs.figure_inputs(name).items():
            assert paths and set(paths) <= made, (name, option)


def test_only_the_figure_that_shows_the_bounds_is_told_of_them() -> None:
    study = files.load(*FEATURES)
    shown = {name: told(study, "draw_figure", About(figure=name))["study"] for name in FIGURES}
    assert shown["outlier_features"]["bounds"] == {"sigma": 3.0, "share": 0.25, "joint": True}
    assert {name for name, found in shown.items() if "bounds" in found} == {"outlier_features"}


def test_the_section_says_which_models_are_followed() -> None:
    said = outliers.asked(files.load(*FEATURES).model_dump(mode="json"))
    assert "Which such features are there in roberta and spiked," in said
    assert said.endswith("This is looked at along the pre-training of fresh.")
