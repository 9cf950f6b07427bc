"""The page's section on several languages: there for a study of them alone, with the tables' own numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from report_samples import CONFIG, SVG, settings, sources
from test_figures_languages import DRAWS, TASKS, answers, both, drawn, random_table, tables
from test_report import table, text, tree

from headcount.figures import FIGURES, Shown
from headcount.figures.articles import articles_figure
from headcount.figures.language_map import language_map_figure
from headcount.figures.robustness import robustness_figure
from headcount.report import language_captions, languages
from headcount.report.grids import Grid
from headcount.report.language_captions import LANGUAGES
from headcount.report.page import render
from headcount.report.sources import Picture, Sources
from headcount.report.subject import HEADS, subject
from headcount.report.subject import LANGUAGES as SUBJECT
from headcount.settings import files
from headcount.study.jobs import StudyJobs

NAMES = [caption.name for caption in LANGUAGES]
MINIATURE = CONFIG / "miniature.yaml", CONFIG / "overlays/languages.yaml"


def with_languages(**part: Any) -> dict[str, Any]:
    """The settings of the miniature's study of several languages."""
    given = files.load(*MINIATURE).model_dump(mode="json")
    return {**given, "languages": {**given["languages"], **part}}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> ElementTree.Element:
    """A page from the tables as they lie on disk."""
    pictures = dict(sources().pictures)
    for name in NAMES:
        place = tmp_path_factory.mktemp("figures") / f"{name}.csv"
        drawn_from = FIGURES[name].draw(tables(), Shown(models=["multi", "mono"], tasks=TASKS))[1]
        drawn_from.to_csv(place, index=False)
        pictures[name] = Picture(svg=SVG % (700, 700, 700), table=pd.read_csv(place))
    return tree(render(replace(sources(settings=with_languages()), pictures=pictures)))


# -------------------------------------------------------------------------------------------------- where the section stands


def test_a_study_of_heads_has_no_such_section_and_no_such_figure() -> None:
    page = tree(render(sources()))
    assert not {element.get("id") for element in page.iter()} & {"languages", *NAMES}
    assert "#languages" not in [link.get("href") for link in page.iter("a")]
    assert not set(NAMES) & set(StudyJobs(files.read(settings())).figures)


def test_settings_that_know_no_languages_have_no_such_section() -> None:
    given = settings()
    given.pop("languages", None)
    assert languages.studied(given) == [] and subject(given) == HEADS
    assert 'id="languages"' not in render(Sources(given))


def test_the_section_stands_in_the_contents_with_its_figures(page: ElementTree.Element) -> None:
    wanted = ["table1", "languages", *NAMES, "details"]
    assert [element.get("id") for element in page.iter() if element.get("id") in wanted] == wanted
    assert "#languages" in [link.get("href") for link in page.iter("a")]


def test_a_study_of_languages_alone_asks_its_own_question(page: ElementTree.Element) -> None:
    assert subject(with_languages()) == SUBJECT
    assert text(next(page.iter("h1"))) == SUBJECT.question
    assert subject({**with_languages(), "pruning": {"models": ["roberta"]}}) == HEADS


def test_what_is_not_there_is_said_with_the_reason() -> None:
    absent = [
        text(element) for element in tree(render(Sources(with_languages()))).iter("p") if element.get("class") == "absent"
    ]
    assert absent.count("Not run. Its files are not among the study’s results.") >= len(NAMES)


def test_each_figure_reads_files_that_jobs_make() -> None:
    jobs = StudyJobs(files.load(*MINIATURE))
    assert set(NAMES) <= set(jobs.figures)
    made = {path for job in jobs.all for path in jobs.outputs(job)}
    for name in NAMES:
        assert jobs.shown_models(name) == ["multilingual", "roberta"][: 2 if name == "languages_robustness" else 1]
        for option, paths in jobs.figure_inputs(name).items():
            assert paths and set(paths) <= made, (name, option)


# --------------------------------------------------------------------------------------------------------- what was asked


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({}, "25%, 50% and 75% are removed in 2 random orders of each seed, the same for every task and for both models"),
        ({"draws": 1}, "in 1 random order of each seed"),
        ({"monolingual": None}, "Of the heads of multilingual, 25%"),
        ({"tasks": ["mnli", "sst2"]}, "the accuracy on MNLI and SST-2 is asked"),
        (
            {},
            "in one language, en, multilingual then answers one test set, at most 600 examples, in 5 languages",
        ),
        ({"sets": {"edges": [1, 4]}, "single_layers": []}, "all heads of edges (1 and 4)."),
        ({}, "the lower and the upper half and single layers (1, 2, 3 and 4)."),
    ],
    ids=["shares", "one draw", "alone", "tasks", "test sets", "named sets", "halves"],
)
def test_the_section_says_how_this_study_measures(part: dict[str, Any], said: str) -> None:
    assert said in languages.asked(with_languages(**part))


def test_without_sets_of_layers_nothing_is_said_of_any() -> None:
    assert "layers" not in languages.asked(with_languages(sets={}, single_layers=[]))


# ------------------------------------------------------------------------------------------------------------------ tables


def cells(grid: Grid | None) -> list[list[str]]:
    assert grid is not None
    return [list(row) for row in [grid.columns, *grid.rows]]


def scored() -> pd.DataFrame:
    """Two languages: one of which two seeds in three were transferred to, and the third collapsed."""
    runs = [answers("en", 0.8, drawn([0.7, 0.6, 0.5, 0.4]), 1)]
    runs += [
        answers("luma", 0.6, drawn([0.5, 0.5, 0.4, 0.4]), 1),
        answers("luma", 0.42, drawn([0.4] * 4), 2, transferred=False),
    ]
    runs += [answers(name, 0.4, drawn([0.4] * 4), 3, collapsed=True) for name in ("en", "luma")]
    runs.append(answers("en", 0.7, drawn([0.7, 0.7, 0.7, 0.7]), 2))
    return articles_figure(pd.concat(runs), "multi")[1]


def test_zero_shot_scores_have_their_errors_and_say_whether_there_was_transfer() -> None:
    _, english, luma = cells(languages.zero_shot(scored()))
    facts = ["SVO, isolating", "0.400"]
    assert english == ["en (source)", "English", facts[0], "4,000", facts[1], "0.750", "0.030", "2 of 2 seeds, 1 collapsed"]
    assert luma == ["luma", "Luma", facts[0], "2,000", facts[1], "0.510", "0.030", "1 of 2 seeds, 1 collapsed"]


def test_scores_without_heads_stand_beside_the_whole_models_with_the_drop() -> None:
    columns, english, luma = cells(languages.without_heads(scored()))
    assert columns == ["Language", "Whole", "25% before", "50% before"]
    assert english == ["en (source)", "0.750", "0.675 (18.8%)", "0.575 (43.8%)"]  # drops of .375 and .875; none with seed 2
    assert luma == ["luma", "0.510", "0.450 (50.0%)", "0.400 (100.0%)"]


def test_the_page_has_both_tables(page: ElementTree.Element) -> None:
    names = ["en (source)", "luma", "tabek", "kunde"]
    for caption in ("in each language, the mean over seeds", "in each language without shares of the heads"):
        assert [row[0] for row in table(page, caption)[1:]] == names
    assert table(page, "in each language, the mean over seeds")[4][-1] == "0 of 2 seeds"
    assert "(" not in "".join(table(page, "in each language without shares of the heads")[4])


@pytest.mark.parametrize("make", [languages.zero_shot, languages.without_heads])
@pytest.mark.parametrize("given", [None, scored().iloc[:0]], ids=["absent", "empty"])
def test_without_scores_there_is_no_table(
    make: Callable[[pd.DataFrame | None], Grid | None], given: pd.DataFrame | None
) -> None:
    assert make(given) is None


# ---------------------------------------------------------------------------------------------------------------- captions


def said(sentences: Callable[[pd.DataFrame], Iterator[str]], given: pd.DataFrame) -> str:
    return " ".join(sentences(given))


def test_each_models_shares_are_said_between_the_least_and_the_greatest_task() -> None:
    given = pd.concat([both(), both().assign(task="qqp", relative_accuracy=1.0)])
    words = said(language_captions.robustness, robustness_figure(given, ["multi", "mono"], TASKS)[1])
    assert "multi 91.2% on MNLI to 100.0% on QQP; mono 85.0% on MNLI to 100.0% on QQP." in words
    lost = said(language_captions.robustness, robustness_figure(both(collapsed=True), ["multi", "mono"], TASKS)[1])
    assert lost.endswith("Left out of the means: 1 run of multi on MNLI (collapsed in fine-tuning).")


def test_layers_are_said_with_the_languages_that_lose_least_and_most() -> None:
    points = [("before", "bottom"), ("before", "top"), ("before", "layer-1"), ("one_shot", "top")]
    scores = {"en": [0.78, 0.6, 0.79, 0.4], "luma": [0.5, 0.58, 0.55, 0.4], "tabek": [0.45, 0.6, 0.45, 0.4]}
    wholes = {"en": 0.8, "luma": 0.6, "tabek": 0.6}
    runs = [answers(name, wholes[name], dict(zip(points, left, strict=True))) for name, left in scores.items()]
    runs.append(answers("kunde", 0.41, dict.fromkeys(points, 0.4), transferred=False))
    words = said(language_captions.language_map, language_map_figure(pd.concat(runs), "multi")[1])
    assert (
        "its bottom layers (1 and 2), of its accuracy above chance multi loses 5.0% in en (source) to 75.0% in tabek." in words
    )
    assert "its top layers (3 and 4), of its accuracy above chance multi loses 0.0% in tabek to 50.0% in en (source)." in words
    assert "most is lost without layer 1, in tabek: 75.0%." in words
    assert words.endswith("There is no drop where nothing was transferred: kunde.")


def test_languages_are_said_with_their_articles_and_the_source_beside() -> None:
    runs = [answers(name, 0.8, drawn([score] * 4)) for name, score in {"en": 0.7, "luma": 0.6, "kunde": 0.5}.items()]
    words = said(language_captions.articles, articles_figure(pd.concat(runs), "multi")[1])
    assert (
        "loses least in luma (50.0%, 2,000 articles), most in kunde (75.0%, 400 articles) and 25.0% in en, its source." in words
    )


def test_where_nothing_can_be_said_nothing_is() -> None:
    nothing = random_table({"en": ("English", "svo", "isolating", 9)}, (2,), [*DRAWS, "top"])
    for sentences, figure in (
        (language_captions.articles, articles_figure),
        (language_captions.language_map, language_map_figure),
    ):
        words = said(sentences, figure(nothing, "multi")[1])
        assert words == "There is no drop where nothing was transferred: en."


def test_the_figures_are_described_with_numbers_from_their_tables(page: ElementTree.Element) -> None:
    alts = [picture.get("alt") or "" for picture in page.iter("img")]
    for wanted in ("this is left of the accuracy", "of its accuracy above chance multi loses", "articles)"):
        assert any(wanted in alt for alt in alts)
