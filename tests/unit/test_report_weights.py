"""The page's section on single weights: there for a study of them alone, with the table's own numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from report_samples import CONFIG, SVG, settings, sources
from test_figures_weights import TASKS, arms, losses, moved, paper, point, tables
from test_report import table, text, tree

from headcount.data.tasks import MASKED_LM
from headcount.figures import FIGURES, Shown
from headcount.figures.sparse_models import sparse_models_figure
from headcount.report import weights
from headcount.report.page import render
from headcount.report.sources import Picture, Sources
from headcount.report.weight_captions import WEIGHTS
from headcount.settings import files
from headcount.study.jobs import StudyJobs

NAMES = [caption.name for caption in WEIGHTS]
NO_CURVES = tables()["weight_curves"].iloc[:0]


def with_weights(**part: Any) -> dict[str, Any]:
    """The settings of a study of its first model's single weights."""
    given = settings()
    return {**given, "weights": {**given["weights"], "models": ["roberta"], **part}}


def behind(name: str, given: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return FIGURES[name].draw(given, Shown(models=["bert"], tasks=TASKS))[1]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> ElementTree.Element:
    """A page from the tables as they lie on disk."""
    pictures = dict(sources().pictures)
    given = tables() | {"weights": pd.concat([paper(), arms().query("task != 'mlm' or criterion == 'random'")])}
    given["weights"] = given["weights"].drop_duplicates(["task", "seed", "criterion", "schedule", "fraction"])
    given["movements"] = pd.concat([moved(task, 1, [0.04, 0.08]) for task in TASKS])
    given["metrics"] = given["metrics"].assign(collapsed=False)
    given["weights"] = given["weights"][given["weights"]["seed"] == 1]
    for name in NAMES:
        place = tmp_path_factory.mktemp("figures") / f"{name}.csv"
        behind(name, given).to_csv(place, index=False)
        pictures[name] = Picture(svg=SVG % (700, 700, 700), table=pd.read_csv(place))
    return tree(render(replace(sources(settings=with_weights()), pictures=pictures)))


def test_a_study_of_heads_has_no_such_section_and_no_such_figure() -> None:
    page = tree(render(sources()))
    assert not {element.get("id") for element in page.iter()} & {"weights", *NAMES}
    assert "#weights" not in [link.get("href") for link in page.iter("a")]
    assert not set(NAMES) & set(StudyJobs(files.read(settings())).figures)


def test_settings_that_know_no_weights_have_no_such_section() -> None:
    given = settings()
    del given["weights"]
    assert weights.studied(given) == []
    assert 'id="weights"' not in render(Sources(given))


def test_the_section_follows_the_heads_figures_and_stands_in_the_contents(page: ElementTree.Element) -> None:
    wanted = ["beyond", "weights", *NAMES, "reliability"]
    assert [element.get("id") for element in page.iter() if element.get("id") in wanted] == wanted
    assert "#weights" in [link.get("href") for link in page.iter("a")]


def test_the_figures_are_described_with_numbers_from_their_tables(page: ElementTree.Element) -> None:
    alts = " ".join(picture.get("alt") or "" for picture in page.iter("img"))
    assert "Without 40% of the weights of bert, its loss is 1.06 times that of the unpruned model" in alts
    assert "98.0% on CoLA to 99.0% on MNLI pruned before it, with zeros that may move" in alts  # 79.0/80.6, 82.2/83.0
    assert "loss and accuracy correlate with r = −0.998 on MNLI and −0.986 on CoLA." in alts
    assert "this many points of accuracy: −2.5 on MNLI and −6.5 on CoLA." in alts
    assert "Left out of the means: 1 training of bert on CoLA (collapsed in fine-tuning)." in alts
    assert "With 60% of the weights pruned, the masks before and after it differ in this share of entries: 4.2% on MNLI" in alts


def section_table(rows: pd.DataFrame) -> list[list[str]]:
    found = weights.sparse_models(sparse_models_figure(rows, NO_CURVES, ["bert"], TASKS)[1])
    assert found is not None
    return [list(row) for row in [found.columns, *found.rows]]


def test_the_table_has_loss_and_mean_accuracy_of_each_arm_by_sparsity() -> None:
    columns, whole, half = section_table(arms())
    arms_there = ["Zeros stay", "Zeros may move", "Pruned after", "Random weights"]
    assert columns == ["Model, weights removed", "Masked-LM loss", "× unpruned", *arms_there, "Tasks"]
    assert whole == ["bert, 0%", "1.000", "1.00", "0.800", "0.800", "0.800", "–", "1 of 1"]
    assert half == ["bert, 50%", "1.500", "1.50", "0.725", "0.725", "0.725", "0.600", "1 of 1"]


def test_means_of_all_rows_are_over_the_same_tasks() -> None:
    rows = [*losses([1.0, 1.5], [0, 0.5])]
    for task, values in {"mnli": [0.8, 0.7], "cola": [0.6, 0.5]}.items():
        rows += [point("deleted", task, at, value) for at, value in zip([0, 0.5], values, strict=True)]
    both = section_table(pd.DataFrame(rows))
    assert [row[3:] for row in both] == [["Zeros may move", "Tasks"], ["0.700", "2 of 2"], ["0.600", "2 of 2"]]
    rows[-1]["collapsed"] = True  # CoLA at the higher sparsity: it is in neither mean
    assert [row[3:] for row in section_table(pd.DataFrame(rows))][1:] == [["0.800", "1 of 2"], ["0.700", "1 of 2"]]
    rows[3]["collapsed"] = True
    assert [row[3:] for row in section_table(pd.DataFrame(rows))][1:] == [["–", "0 of 2"]] * 2


def test_a_mean_of_random_weights_that_lacks_a_task_is_none() -> None:
    rows = losses([1.0, 1.5], [0, 0.5])
    for task in TASKS:
        rows += [point("retrained", task, at, 0.8) for at in (0, 0.5)]
        rows.append(point("random", task, 0.5, 0.6, collapsed=task == "cola"))
    assert section_table(pd.DataFrame(rows))[2][3:] == ["0.800", "–", "2 of 2"]


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({}, "the smallest of each matrix first"),
        ({"scope": "model"}, "the smallest of the model, whichever matrix they are in, first"),
        ({}, "a fine-tuning of 13 passes (15 from 70% on) over the training set"),
        ({"deleted": {"epochs": 1, "more": 0, "more_from": 0.7}}, "a fine-tuning of 1 pass over the training set"),
        ({"fractions": [0.0, 0.5], "random": []}, "Shares of 50% are set to zero"),
        ({"random": [0.4]}, "Random weights go so too, at 40%, and"),
        ({"tasks": ["mnli", "qqp"]}, "are asked masked LM and QQP and MNLI."),
        ({"arms": ["retrained"]}, "then their zeros stay zero in fine-tuning. Random"),
    ],
    ids=["matrix", "model", "epochs", "one epoch", "one fraction", "random", "tasks", "arms"],
)
def test_the_section_says_how_this_study_measures(part: dict[str, Any], said: str) -> None:
    assert said in weights.asked(with_weights(**part))


def test_a_study_without_training_says_nothing_of_any() -> None:
    said = weights.asked(with_weights(arms=[], random=[]))
    assert "fine-tun" not in said and "goes on" not in said and "Random" not in said


def test_what_is_not_there_is_said_with_the_reason() -> None:
    page = tree(render(Sources(with_weights())))
    absent = [text(element) for element in page.iter("p") if element.get("class") == "absent"]
    assert absent.count("Not run. Its files are not among the study’s results.") >= len(NAMES)


def test_each_figure_reads_files_that_jobs_make() -> None:
    jobs = StudyJobs(files.load(CONFIG / "miniature.yaml", CONFIG / "overlays/weights.yaml"))
    assert set(NAMES) <= set(jobs.figures)
    made = {path for job in jobs.all for path in jobs.outputs(job)}
    for name in NAMES:
        assert jobs.shown_models(name) == ["roberta"]
        for option, paths in jobs.figure_inputs(name).items():
            assert paths and set(paths) <= made, (name, option)


def test_the_arms_of_the_table_are_those_of_the_figure() -> None:
    drawn = sparse_models_figure(arms(), tables()["weight_curves"], ["bert"], TASKS)[1]
    assert set(weights.ARMS) == set(drawn["arm"]) - {"one_shot"}
    assert MASKED_LM in set(drawn["task"])


def test_the_section_has_the_table(page: ElementTree.Element) -> None:
    rows = table(page, "The sparse models")
    assert [row[0] for row in rows[1:]] == [f"bert, {10 * tenth}%" for tenth in range(10)]
