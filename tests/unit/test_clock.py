"""The plan beside the clock: a study's jobs are compared with what Snakemake measured of them, and nothing is made up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from headcount.families import FAMILIES
from headcount.planning import layer, rates
from headcount.planning.clock import FETCHED, TABLES, Stage, renewed, stages, text
from headcount.planning.load import Work
from headcount.planning.machine import chosen_card
from headcount.settings import files
from headcount.settings.files import ConfigError
from headcount.settings.study import Study
from headcount.study.jobs import StudyJobs

STUDY = files.load(Path(__file__).parents[2] / "config/miniature.yaml")
JOBS = StudyJobs(STUDY)
NO_TIME = rates.Rate(1e30, 0.0, "none")
CORE = replace(rates.card("cpu"), rates=dict.fromkeys(rates.KINDS, NO_TIME), job_seconds=10.0, table_seconds=2.0)
"""On it every job that runs a network is planned with 10 s, and every other with 2 s."""
FILES = {"measured": "s\th:m:s\tcpu_time\n{}\t0:00:00\t{}\n", "clock alone": "s\th:m:s\tcpu_time\n{}\t0:00:00\tNA\n"}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def took(rule: str, *seconds: float, file: str = "measured", **about: object) -> None:
    """Have the first jobs of a rule be done, the first after so many seconds, …, each half as many of a processor."""
    for job, each in zip(JOBS.of(rule, **about), seconds, strict=False):
        path = Path(JOBS.layout.benchmark(rule).format(**job.about.wildcards))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(FILES[file].format(each, each / 2))


def stage(title: str, model: str = "roberta", study: Study = STUDY) -> Stage:
    networks, others = stages(study, CORE)
    (found,) = [each for each in [*networks, *others] if each.title == title and each.model in (model, "")]
    return found


def test_seconds_are_compared_of_the_jobs_that_were_measured() -> None:
    took("finetune", 11.0, 13.0, model="roberta")
    found = stage("finetune")
    assert (len(found.jobs), found.planned, found.clock, found.cpu) == (12, 20.0, 24.0, 12.0)
    assert found.row()[2:] == ("2 of 12", "20", "24", "12", "1.20", "0.60") and found.close
    took("finetune", 20.0, 13.0, file="clock alone", model="roberta")
    assert stage("finetune").row()[5:] == ("?", "1.65", "?") and not stage("finetune").close


def test_every_job_is_in_one_stage() -> None:
    networks, others = stages(STUDY, CORE)
    assert sum(len(each.jobs) for each in [*networks, *others]) == len(JOBS.all)
    assert [each.title for each in others] == [TABLES, FETCHED]


def test_a_stage_without_measurements_is_named() -> None:
    took("finetune", *[10.0] * 12, model="roberta")
    took("prepare_task", 3.0)
    said = text(STUDY, CORE)
    assert "1 of 1 stages with a network took within 25% of the plan." in said
    (missing,) = [line for line in said.splitlines() if line.startswith("Not run, or not measured: ")]
    assert "albert finetune;" in missing and "roberta finetune;" not in missing
    assert said.endswith(f"The plan does not know how long these take: {FETCHED}.")


def test_a_study_that_has_not_run_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^miniature: nothing of it has run here"):
        text(STUDY, CORE)


def test_a_page_keeps_what_is_not_about_the_study() -> None:
    page = "# A\n\n### other\n\n1\n\n### miniature\n\nold\n\n## B\n\n2\n"
    assert renewed(page, "miniature", "new") == page.replace("old", "new")
    with pytest.raises(ConfigError, match="'### mini'"):
        renewed(page, "mini", "new")


def test_a_job_of_several_threads_is_planned_with_their_share() -> None:
    took("finetune", 5.0, model="roberta")
    assert stage("finetune", study=STUDY.model_copy(update={"threads": 2})).planned == 5.0


def test_padding_takes_time_as_other_tokens_do() -> None:
    work = Work("scoring", 1.0, 1e9, passes=0.0)
    slow = replace(NO_TIME, flops=1e9)
    assert slow.seconds(replace(work, padding=1.5)) == 1.5 * slow.seconds(work)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_layer_of_every_family_is_measured(family: str, make_model) -> None:
    """And nothing of that is left behind: neither the number of threads nor the state of the random numbers."""
    settings = make_model(family, "Model").config.to_dict()
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layer, "ENOUGH", 0.0)
        found = layer.speeds(settings, budget=512)
    assert set(found) == set(rates.KINDS)
    assert all(speed.flops > 0 and speed.layer_seconds >= 0 for speed in found.values())
    assert torch.equal(torch.get_rng_state(), before) and torch.get_num_threads() == threads


def test_models_of_one_study_have_speeds_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model whose shape nobody knows has those of any core."""
    monkeypatch.setattr(
        "headcount.planning.machine.speeds", lambda settings, budget: {"scoring": layer.Speed(len(settings["model_type"]), 1.0)}
    )
    encoders = {**STUDY.encoders, "albert": STUDY.encoders["albert"].model_copy(update={"source": "someone/else"})}
    card = chosen_card(STUDY.model_copy(update={"encoders": encoders}))
    assert set(card.own) == {"roberta"}
