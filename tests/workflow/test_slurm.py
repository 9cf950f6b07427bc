"""Studies on a Slurm of one node with four stand-in cards: every job with a network goes through ``sbatch``."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from checkout import MINIATURE, TINY, Checkout, environment
from repository import heed_interrupts
from slurm_node import SlurmNode, missing, slurm_node

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

CARDS = 4
SEEDS = (1, 2, 3, 4)
WANTED = [f"results/tiny/roberta/cola/seed{seed}/importance/l1.safetensors" for seed in SEEDS]
STOOD_IN = ("fetch_model", "finetune", "estimate_importance")
STUDY = ("--configfile", MINIATURE, "tiny.yaml")
WAIT = "of the jobs in the queue cannot start: "
"""What is said of jobs that wait for a node that drains, before Slurm's own words."""
SECONDS = 10.0
"""Within which a run that is to stop has stopped."""
SMALLER: dict[str, Any] = {
    **TINY,
    "mlm": None,
    "freezing": {"models": []},
    "before_after": {"models": []},
    "layers": {"models": []},
}
"""A study of few jobs, to its page."""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlurmNode]:
    with slurm_node(tmp_path_factory.mktemp("slurm"), CARDS) as running:
        yield running


def begin(work: Checkout, node: SlurmNode, log: str, *targets: str) -> subprocess.Popen[bytes]:
    """The command of docs/cluster.md, its words to a file; asked for the states of its jobs more often."""
    command = [
        sys.executable,
        str(Path(__file__).parent / "eager.py"),
        *targets,
        "--workflow-profile",
        "profiles/slurm",
        *STUDY,
    ]
    own = environment()
    own = {**own, **node.environment, "PATH": os.pathsep.join((str(node.folder / "bin"), own["PATH"]))}
    with (work.path / log).open("wb") as stream:
        return subprocess.Popen(
            command,
            cwd=work.path,
            env=own,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
            preexec_fn=heed_interrupts,
        )


def wait_until(condition: Callable[[], object], run: subprocess.Popen[bytes], log: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert run.poll() is None, f"it ended with {run.returncode}:\n{log.read_text()}"
        assert time.monotonic() < deadline, f"it did not come to that:\n{log.read_text()}"
        time.sleep(0.05)


# --------------------------------------------------------------------------------------------------------- an undisturbed run


def test_a_study_through_sbatch_is_the_local_one_to_the_bit(node: SlurmNode, tmp_path: Path) -> None:
    """But for what tells how long jobs took."""
    sources = Checkout.of_sources(tmp_path / "submitted")
    sources.overlay(SMALLER, "tiny.yaml")
    local = sources.copied_to(tmp_path / "local")
    run = begin(sources, node, "run.log")
    local.run("--cores", "1", *STUDY)
    assert run.wait(120) == 0, (sources.path / "run.log").read_text()
    found, expected = sources.left(), local.left()
    assert "results/tiny/report.html" in found
    assert set(found) == set(expected)
    different = {name for name in expected if found[name] != expected[name]}
    assert different <= {"results/tiny/report.html", "results/tiny/roberta/cola/seed1/training.json"}
    measured = next(
        csv.DictReader((sources.path / "results/tiny/benchmarks/finetune/roberta-cola-seed1.tsv").open(), delimiter="\t")
    )
    assert float(measured["max_rss"]) > 100  # the job's own, and not that of the shell which Snakemake sees


# -------------------------------------------------------------------------------------------------------------------- drills


@dataclass
class Drilled:
    """What was seen of three runs of a study of stand-ins amid all sorts of faults."""

    work: Checkout
    said: list[str] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    at_once: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The fine-tunings that ran at one time: card, Slurm's number, whether the process that serves local jobs was in sight."""
    asked: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Every job of the first run that Slurm was given: its rule, and what it asked of generic resources."""
    waited: set[str] = field(default_factory=set)
    """Jobs in the queue while the node drained."""
    kept: list[str] = field(default_factory=list)
    """What was made in the first run of what was asked for."""
    left_in_queue: list[str] = field(default_factory=list)
    """After the interruption."""

    def begun(self, script: str) -> dict[str, dict[str, Any]]:
        return {path.stem: json.loads(path.read_text()) for path in (self.work.path / "begun").glob(f"{script}-*.json")}

    def befall(self, job: str, *faults: str) -> None:
        (self.work.path / "faults" / job).write_text("\n".join(faults))

    def again(self) -> None:
        """Nothing befalls the next run, of which nothing has begun."""
        for folder in ("faults", "begun"):
            shutil.rmtree(self.work.path / folder, ignore_errors=True)
            (self.work.path / folder).mkdir()


def stood_in(path: Path) -> Checkout:
    """The sources with stand-ins, for a study on a card."""
    work = Checkout.of_sources(path)
    work.overlay({**TINY, "seeds": list(SEEDS), "device": "cuda"}, "tiny.yaml")
    work.replace("src/headcount/jobs/slurm.py", "EVERY = 60.0", "EVERY = 0.5")
    work.replace("workflow/rules/common.smk", "fork_server.start(libraries())", 'fork_server.start(["pandas"])')
    for name in STOOD_IN:
        shutil.copy(Path(__file__).parent / "stand_in.py", work.path / f"workflow/scripts/{name}.py")
    return work


@pytest.fixture(scope="module")
def drilled(node: SlurmNode, tmp_path_factory: pytest.TempPathFactory) -> Drilled:
    """A run amid faults, one that is stopped, one that does the rest."""
    seen = Drilled(stood_in(tmp_path_factory.mktemp("drills") / "work"))
    seen.again()
    for seed in SEEDS:
        seen.befall(f"finetune-{seed}", f"meet {CARDS + 1}", *["no card"] * (seed == 1))  # the last to be met is this test
    seen.befall("estimate_importance-2", "hang")
    amid_faults(seen, node)
    seen.again()
    seen.befall("estimate_importance-2", "hang")
    interrupted(seen, node)
    seen.again()
    run = begin(seen.work, node, "3.log", *WANTED)
    finish(seen, run, "3.log")
    return seen


def amid_faults(seen: Drilled, node: SlurmNode) -> None:
    run = begin(seen.work, node, "1.log", *WANTED)
    log = seen.work.path / "1.log"
    wait_until(lambda: len(seen.begun("finetune")) == CARDS, run, log)
    seen.at_once = seen.begun("finetune")
    node.said("scontrol", "update", f"NodeName={node.host}", "State=drain", "Reason=drill")
    (seen.work.path / "begun/finetune-test.json").write_text("{}")
    wait_until(lambda: len(node.jobs("PENDING")) == CARDS - 1 and not node.jobs("RUNNING", "COMPLETING"), run, log)
    seen.waited = set(node.jobs("PENDING"))
    wait_until(lambda: WAIT in log.read_text(), run, log)
    node.said("scontrol", "update", f"NodeName={node.host}", "State=resume")
    wait_until(lambda: len(seen.begun("estimate_importance")) == CARDS - 1 and len(node.jobs("RUNNING")) == 1, run, log)
    hanging = seen.begun("estimate_importance")["estimate_importance-2"]["slurm"]
    node.stop("slurmctld")
    node.start("slurmctld")
    wait_until(lambda: node.jobs("RUNNING") == [hanging], run, log)
    node.said("scancel", hanging)
    finish(seen, run, "1.log")
    seen.kept = [name for name in WANTED if (seen.work.path / name).exists()]
    lines = node.said("squeue", "--noheader", "--states=all", "--format=%i|%k|%b").splitlines()
    of_job = {number: (comment.split("_wildcards")[0], gres) for number, comment, gres in (line.split("|") for line in lines)}
    seen.asked = {number: of_job[number] for number in of_job if f"jobid {number} " in seen.said[0]}


def interrupted(seen: Drilled, node: SlurmNode) -> None:
    run = begin(seen.work, node, "2.log", *WANTED)
    wait_until(lambda: seen.begun("estimate_importance"), run, seen.work.path / "2.log")
    os.kill(run.pid, signal.SIGINT)
    run.wait(SECONDS)
    finish(seen, run, "2.log")
    deadline = time.monotonic() + SECONDS
    while (jobs := node.jobs("PENDING", "RUNNING", "COMPLETING")) and time.monotonic() < deadline:
        time.sleep(0.1)
    seen.left_in_queue = jobs


def finish(seen: Drilled, run: subprocess.Popen[bytes], log: str) -> None:
    seen.ended.append(run.wait(120))
    seen.said.append((seen.work.path / log).read_text())


def test_four_jobs_run_at_once_on_four_cards(drilled: Drilled) -> None:
    assert sorted(job["card"] for job in drilled.at_once.values()) == ["0", "1", "2", "3"]


def test_slurm_is_given_the_jobs_with_a_network_alone_and_asked_for_a_card_each(drilled: Drilled) -> None:
    expected = {("rule_finetune", "gres:gpu:1"): 4, ("rule_estimate_importance", "gres:gpu:1"): 3}
    assert Counter(drilled.asked.values()) == expected


def test_a_submitted_job_does_not_see_the_process_that_serves_local_ones(drilled: Drilled) -> None:
    """Though it is on the same machine here, where it would answer: a job that it ran would run outside of its allocation."""
    assert not any(job["served"] for job in drilled.at_once.values())


def test_what_befell_a_job_is_said_and_stops_only_what_needs_it(drilled: Drilled) -> None:
    said = drilled.said[0]
    assert drilled.ended[0] == 1
    assert "no card is to be seen" in said  # in the log of the job that failed, which is shown
    assert "CANCELLED" in said
    assert drilled.kept == WANTED[2:]


def test_jobs_wait_while_the_node_drains_and_outlive_a_restart_of_the_controller(drilled: Drilled) -> None:
    assert re.search(rf"^\d {WAIT}.*(DRAINED|NotAvail)", drilled.said[0], re.MULTILINE), drilled.said[0]
    assert {number for number, (rule, _) in drilled.asked.items() if rule == "rule_estimate_importance"} == drilled.waited


def test_an_interrupted_run_leaves_no_job_behind(drilled: Drilled) -> None:
    assert drilled.ended[1] == 1
    assert drilled.left_in_queue == []


def test_after_all_faults_the_results_are_those_of_a_local_run(drilled: Drilled, tmp_path: Path) -> None:
    assert drilled.ended[2] == 0, drilled.said[2]
    local = stood_in(tmp_path / "local")
    local.run(*WANTED, "--cores", "2", "--resources", f"gpu={CARDS}", *STUDY)
    assert drilled.work.left() == local.left()
