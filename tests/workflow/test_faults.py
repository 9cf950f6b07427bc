"""Runs that are killed, meet a full disk, or meet another run: what is left is never taken for an artifact, and the next
run ends as an undisturbed one.

The workflow's own rules for two curves, with stand-ins for what trains and asks networks.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from checkout import TINY, Checkout
from repository import CONFIG, Repository, kill, tools

from headcount.ledger.snakemake import INCOMPLETE, records
from headcount.ledger.verifying import verify

CURVES = [f"results/tiny/roberta/cola/seed{seed}/curve/head/gate_gradient-l1.parquet" for seed in (1, 2)]
STOOD_IN = ("fetch_model", "finetune", "estimate_importance", "prune_curve")
OPTIONS = ("--cores", "2", "--rerun-incomplete", "--show-failed-logs", "--configfile", CONFIG)
KILLS = 20
SECONDS = 10.0
"""Within which a run that is to stop has stopped; the stand-ins alone would take minutes."""
LIGHT = 'fork_server.start(["pandas", "pyarrow.parquet"])'


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """The sources, with stand-ins for networks; nothing has run."""
    checkout = Checkout(Repository.made(tmp_path_factory.mktemp("faults") / "work", {**TINY, "seeds": [1, 2]}).path)
    for name in STOOD_IN:
        shutil.copy(Path(__file__).parent / "stand_in.py", checkout.path / f"workflow/scripts/{name}.py")
    common = checkout.path / "workflow/rules/common.smk"
    common.write_text(re.sub(r"fork_server\.start\(.*\)", LIGHT, common.read_text()))
    assert LIGHT in common.read_text()
    return checkout


@pytest.fixture(scope="module")
def undisturbed(sources: Checkout, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], float]:
    """What a run leaves, and how long it takes."""
    checkout = sources.copied_to(tmp_path_factory.mktemp("undisturbed") / "work")
    started = time.monotonic()
    checkout.run(*CURVES, *OPTIONS)
    return checkout.left(), time.monotonic() - started


def unfinished(checkout: Checkout) -> set[str]:
    """What Snakemake knows not to be finished."""
    return {record.output for record in records(checkout.path / INCOMPLETE)}


def faults(checkout: Checkout) -> list[str]:
    """Directories that Snakemake would take as they are and that are not what their manifests say."""
    known = [str(checkout.path / name.removesuffix(".json")) for name in unfinished(checkout)]
    wrong = verify(checkout.path / "results/tiny", None).wrong
    return [line for line in wrong if not any(line.startswith(name) for name in known)]


def unlock(checkout: Checkout) -> bool:
    """What `snakemake --unlock` does; whether there was a lock to take away."""
    locks = checkout.path / ".snakemake/locks"
    was_locked = locks.is_dir() and any(locks.iterdir())
    shutil.rmtree(locks, ignore_errors=True)
    return was_locked


def test_twenty_killed_runs_end_as_an_undisturbed_one(
    sources: Checkout, undisturbed: tuple[dict[str, str], float], tmp_path: Path
) -> None:
    """Each run goes on where the killed one before it stopped; when one gets to the end, the next begins anew.

    Every other kill takes Snakemake alone, and leaves its jobs to themselves: as when the memory is full.
    """
    expected, seconds = undisturbed
    moments = random.Random(5)
    outcomes: Counter[str] = Counter()
    work = Repository(sources.copied_to(tmp_path / "0").path)
    while outcomes["killed"] < KILLS:
        run = work.started("snakemake", "--workflow-profile", "none", *CURVES, *OPTIONS)
        wait_for_lock(work)
        time.sleep(moments.uniform(0, 0.4) * seconds)
        outcomes["killed"] += kill(run, alone=outcomes["killed"] % 2 == 1)
        assert faults(work) == []
        outcomes["locked"] += unlock(work)
        outcomes["amid jobs"] += bool(unfinished(work))
        if all((work.path / curve).exists() for curve in CURVES):
            finish(work, expected)
            outcomes["completed"] += 1
            work = Repository(sources.copied_to(tmp_path / str(outcomes["completed"])).path)
    finish(work, expected)
    print(f"runs: {dict(outcomes)}")
    assert outcomes["amid jobs"] >= KILLS / 4, f"too few kills hit a job: {outcomes}"


def wait_for_lock(work: Checkout) -> None:
    """Wait until a run has planned its jobs and begins with them."""
    locks = work.path / ".snakemake/locks"
    wait_until(lambda: locks.is_dir() and any(locks.iterdir()), 120)


def finish(work: Checkout, expected: dict[str, str]) -> None:
    """Run what is left to do; nothing shows that there ever was a fault."""
    work.run(*CURVES, *OPTIONS)
    assert work.left() == expected


def test_the_second_of_two_runs_at_once_is_refused_and_the_first_ends_well(
    sources: Checkout, undisturbed: tuple[dict[str, str], float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_PAUSE", "0.8")  # the first run outlasts the second's start
    work = Repository(sources.copied_to(tmp_path / "work").path)
    first = work.started("snakemake", "--workflow-profile", "none", *CURVES, *OPTIONS)
    wait_for_lock(work)
    second = work.snakemake(*CURVES, *OPTIONS)
    assert second.returncode != 0
    assert "Directory cannot be locked" in second.stdout and "--unlock" in second.stdout
    assert first.wait(timeout=240) == 0
    assert work.left() == undisturbed[0]


@pytest.mark.parametrize(
    ("jobs", "number", "alone"),
    [
        *((LIGHT, number, alone) for number in (signal.SIGINT, signal.SIGTERM) for alone in (True, False)),
        ("pass", signal.SIGINT, True),
    ],
    ids=["interrupt", "interrupt to the group", "terminate", "terminate to the group", "interrupt, jobs by themselves"],
)
def test_a_signal_ends_a_run_and_its_jobs_in_seconds_and_the_next_run_goes_on(
    jobs: str,
    number: signal.Signals,
    alone: bool,
    sources: Checkout,
    undisturbed: tuple[dict[str, str], float],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether it reaches Snakemake alone, as by ``kill``, or all of a terminal's processes, as by Ctrl-C."""
    work = Repository(sources.copied_to(tmp_path / "work").path)
    work.replace("workflow/rules/common.smk", LIGHT, jobs)
    monkeypatch.setenv("STAND_IN_PAUSE", "100")  # the job that is met does not end by itself
    run = work.started("snakemake", "--workflow-profile", "none", *CURVES, *OPTIONS)
    log = work.path / "results/tiny/logs/fetch_model/roberta.log"
    wait_until(lambda: log.exists() and bool(unfinished(work)), 120)
    (os.kill if alone else os.killpg)(run.pid, number)
    assert run.wait(SECONDS) == 1
    wait_until(lambda: not processes(work), SECONDS)
    assert not unlock(work)
    assert not (work.path / "results/tiny/roberta/pretrained.json").exists()
    monkeypatch.delenv("STAND_IN_PAUSE")
    finish(work, undisturbed[0])


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def processes(work: Checkout) -> list[int]:
    """Those at work in this folder: Snakemake, its shells, their jobs, wherever these are forked."""
    return [each.pid for each in psutil.process_iter(["cwd"]) if each.info["cwd"] == str(work.path)]


def test_a_full_disk_is_said_to_be_so_and_leaves_nothing_half_written(
    sources: Checkout, undisturbed: tuple[dict[str, str], float], tmp_path: Path
) -> None:
    """A small file system of its own, filled but for some kilobytes; the kernel gives it to the processes of one shell.

    Python keeps no bytecode there: it would take a cut-off file of its own cache for whole (``docs/artifacts.md``).
    """
    script = """
        set -e
        mount -t tmpfs -o size=64m none "$1"
        cp -a "$2" "$1/work"
        cd "$1/work"
        for kilobytes in 40 1500; do
            rm -f ../ballast
            free=$(df --output=avail -k . | tail -1)
            head -c $(( (free - kilobytes) * 1024 )) /dev/zero > ../ballast
            "$3" -m snakemake --workflow-profile none $4 > "$5/full-$kilobytes.txt" 2>&1 || true
            rm ../ballast
            rm -rf .snakemake/locks
            cp -a . "$5/full-$kilobytes"
        done
        "$3" -m snakemake --workflow-profile none $4
        cp -a . "$5/freed"
    """
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    disk.mkdir()
    kept.mkdir()
    arguments = [str(disk), str(sources.path), sys.executable, " ".join([*CURVES, *OPTIONS]), str(kept)]
    environment = {**tools(tmp_path / "home"), "PYTHONDONTWRITEBYTECODE": "1"}
    namespace = ["unshare", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or subprocess.run([*namespace, "true"], capture_output=True).returncode != 0:
        pytest.skip("needs a mount namespace of its own")
    done = subprocess.run([*namespace, "sh", "-c", script, "sh", *arguments], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    for kilobytes in (40, 1500):
        assert "No space left on device" in (kept / f"full-{kilobytes}.txt").read_text()
        assert faults(Checkout(kept / f"full-{kilobytes}")) == []
    assert Checkout(kept / "freed").left() == undisturbed[0]
