"""How far a study is: what is left times what such jobs took, and whose jobs run."""

from __future__ import annotations

import io
import logging
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.persistence.file import FilePersistence

from headcount.planning import progress as module
from headcount.planning.expected import SHORT, Expected
from headcount.planning.following import Followed, Follower, Rest
from headcount.planning.progress import Running, progress
from headcount.planning.rates import Rate, card
from headcount.settings import files
from headcount.study.jobs import StudyJobs

MINIATURE = Path(__file__).parents[2] / "config/miniature.yaml"
STUDY = files.load(MINIATURE)
JOBS = StudyJobs(STUDY)
ARTIFACTS = {JOBS.artifact(job): job for job in JOBS.all}
NO_TIME = Rate(1e30, 0.0, "none")
LEVEL = replace(card("cpu"), rates=dict.fromkeys(card("cpu").rates, NO_TIME), job_seconds=10.0, table_seconds=0.0)
"""On this card every job that runs a network is planned with 10 s."""
NETWORKS = sum(job.rule.network for job in JOBS.all)


def took(rule: str, seconds: float) -> set[str]:
    """Have all jobs of a rule be done, each after so many seconds; what they made."""
    for job in JOBS.of(rule):
        path = Path(JOBS.layout.benchmark(rule).format(**job.about.wildcards))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"s\th:m:s\n{seconds}\t0:00:00\n")
    return {output for job in JOBS.of(rule) for output in JOBS.outputs(job)}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def everything() -> set[str]:
    return {output for job in JOBS.all for output in JOBS.outputs(job)}


def test_before_anything_is_done_the_plan_alone_says_how_long():
    found = progress(STUDY, LEVEL, everything(), {})
    assert (found.jobs, found.left, found.speed) == (len(JOBS.all), len(JOBS.all), None)
    assert found.seconds_left == pytest.approx(10 * NETWORKS + SHORT * (len(JOBS.all) - NETWORKS))
    assert found.seconds_left == found.seconds


def test_what_is_left_takes_as_long_as_its_kind_did_and_else_as_networks_did():
    """Fine-tuning took twice what was planned; of curves one is left, and no curve is done."""
    done = took("finetune", 20.0) | took("normalize_importance", 0.5)
    finetuned, curve, table = (
        JOBS.outputs(JOBS.of("finetune")[0]),
        JOBS.outputs(JOBS.of("prune_curve")[0]),
        "normalize_importance",
    )
    normalized = JOBS.outputs(JOBS.of(table)[0])
    found = progress(STUDY, LEVEL, {*finetuned, *curve, *normalized}, {})
    assert found.left == 3 and found.speed == 2.0 and done
    assert found.seconds_left == pytest.approx(20.0 + 2.0 * 10.0 + 0.5)


def test_of_a_running_job_the_rest_is_left_at_its_own_speed():
    """It has done a quarter, and says that the rest takes 300 s."""
    finetuned = JOBS.artifact(JOBS.of("finetune")[0])
    others = {output for job in JOBS.of("finetune")[1:3] for output in JOBS.outputs(job)}
    begun = {finetuned: Running("finetune", 0.0, 0.25, 300.0)}
    found = progress(STUDY, LEVEL, {*JOBS.outputs(ARTIFACTS[finetuned]), *others}, begun)
    assert found.running == (begun[finetuned],)
    assert found.seconds_left == pytest.approx(300.0 + 2 * 400.0)
    assert "about 9 min left" in found.text("miniature", 2, 100.0)


@pytest.mark.parametrize("output", ["results/a/b.json", f"results/{'long' * 70}/model"])
def test_a_job_is_known_by_the_mark_that_snakemake_makes(output, tmp_path, monkeypatch):
    Path(".snakemake/incomplete").mkdir(parents=True)
    snakemake = FilePersistence.__new__(FilePersistence)
    monkeypatch.setattr(snakemake, "_fetch_max_len", lambda subject: os.pathconf(subject, "PC_NAME_MAX"), raising=False)
    assert snakemake._record_path(".snakemake/incomplete", output) == f".snakemake/incomplete/{module._mark(output)}"


def test_a_job_is_as_far_as_its_logs_last_bar(tmp_path):
    log = tmp_path / "job.log"
    log.write_text("12:00 reading\n 50%|##   | 5/10 [00:01<00:01]\r 20%|#   | 140/700 [04:00<1:20:05, 1.8s/it]")
    assert module._last_bar(log) == (0.2, 4805)
    log.write_text("  0%|    | 0/700 [00:00<?, ?it/s]")
    assert module._last_bar(log) == (0.0, None) == module._last_bar(tmp_path / "none.log")


def test_reading_and_writing_a_model_is_no_share_of_a_job(tmp_path):
    log = tmp_path / "job.log"
    log.write_text(" 10%|#   | 4/40 [00:08<01:12]\rWriting model shards: 100%|##| 1/1 [00:00<00:00, 56.08it/s]\n")
    assert module._last_bar(log) == (0.1, 72)


# ------------------------------------------------------------------------------------------------- beside the run itself


def told(*events: dict[str, object], at_once: int = 2, known_after: int = 0) -> list[str]:
    """What a log says of a run of two fine-tunings, a curve and a page that is no part of a study, at these events.

    Args:
        known_after: so many of them it is known what the plan says.
    """
    chosen = [*JOBS.of("finetune")[:2], JOBS.of("prune_curve")[0]]
    known = [(job.name, JOBS.artifact(job), f"{job.about.model}: {job.name}") for job in chosen]
    jobs = {
        number: Followed(rule, artifact, SimpleNamespace(message=message, log=[], benchmark=None, wildcards=[]))
        for number, (rule, artifact, message) in enumerate([*known, ("readings", "docs/readings.md", "readings")])
    }
    said, rest = io.StringIO(), Rest(jobs, at_once)
    follower = Follower(rest, said)
    for number, event in enumerate(events):
        if number == known_after:
            rest.expect(Expected.of(STUDY, LEVEL))
        follower.handle(logging.makeLogRecord(event))
    return [line.partition(" ")[2] for line in said.getvalue().splitlines()]  # without the time of day


def test_a_log_says_what_is_left_by_what_ran_and_how_many_run_at_once():
    """A fine-tuning took twice what was planned, and so will the other, which has run for 10 s, and the curve."""
    began = {"event": "job_started", "jobs": [0], "created": 0.0}
    other = {"event": "job_started", "jobs": [1], "created": 10.0}
    ended = {"event": "job_finished", "job_id": 0, "created": 20.0}
    rest = 2 * 10.0 - 10.0 + 2 * 10.0 + SHORT * 2
    first = f"1 of 4 jobs, {rest / 2:.0f} s left: roberta, finetune"
    assert told(began, other, ended) == [first]
    assert told(began, other, ended, at_once=9) == [f"1 of 4 jobs, {rest / 3:.0f} s left: roberta, finetune"]


def test_a_job_that_ended_before_the_plan_was_known_counts_as_any_other():
    ended = [{"event": "job_finished", "job_id": number, "created": 1.0} for number in (0, 1)]
    said = told(*ended, known_after=1)
    assert said == ["1 of 4 jobs: roberta, finetune", told(*ended)[1]] and " s left: " in said[1]


def test_a_log_says_of_the_last_job_that_it_is_the_last():
    events = [{"event": "job_finished", "job_id": number, "created": 1.0} for number in (3, 0, 1, 2, 2)]
    assert told(*events)[-1] == "4 of 4 jobs: roberta, prune_curve"
