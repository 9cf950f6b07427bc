"""The plan of a target: what it needs and what is left of it, and what is no target."""

from __future__ import annotations

from pathlib import Path

import pytest

from headcount.planning import targets
from headcount.planning.bill import Bill, bill
from headcount.planning.page import Page
from headcount.planning.rates import card
from headcount.planning.targets import part
from headcount.settings import files
from headcount.study.jobs import StudyJobs

STUDY = files.load(Path(__file__).parents[2] / "config/miniature.yaml")
JOBS = StudyJobs(STUDY)
FIGURE = "results/miniature/figures/figure1.svg"


def planned(monkeypatch: pytest.MonkeyPatch, left: tuple[str, ...], done: tuple[str, ...]) -> Bill:
    """The bill of a figure for which Snakemake would run jobs of some rules, after those of others."""
    says = {file: job.name in left for job in JOBS.all if job.name in left + done for file in JOBS.outputs(job)}
    monkeypatch.setattr(targets, "planned_files", lambda configs, names: says)
    return bill(STUDY, card("h200"), part(STUDY, [], [FIGURE]))


def test_a_part_is_priced_whole_and_what_is_left_of_it_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    found = planned(monkeypatch, left=("prune_curve",), done=("finetune",))
    whole = bill(STUDY, card("h200")).grouped(lambda job: job.rule)
    both = found.line([*whole["finetune"], *whole["prune_curve"]])
    assert (found.total.jobs, found.total.seconds) == (both.jobs, pytest.approx(both.seconds))
    assert found.left == found.line(whole["prune_curve"])
    page = Page(found)
    assert f"what {FIGURE} needs; {found.counts['finetune']} of its jobs are done, the rest takes about " in page.text()
    assert f"about {page.time(found.left.seconds)} {page.unit}:" in page.text()


def test_a_part_of_no_model_and_no_network_has_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    text = Page(planned(monkeypatch, left=(), done=("prepare_task",))).text()
    assert f"{len(STUDY.tasks)} of its jobs are done, nothing is left to do:" in text


def test_a_file_that_no_job_makes_is_refused_with_the_nearest_before_snakemake_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(targets, "planned_files", lambda *_: pytest.fail("Snakemake was asked"))
    with pytest.raises(files.ConfigError) as refusal:
        part(STUDY, [], [FIGURE, FIGURE.replace("figure1", "figur1")])
    said = str(refusal.value)
    assert said.startswith("target: no job of the study 'miniature' makes results/miniature/figures/figur1.svg; ")
    assert FIGURE in said and "\n" not in said
