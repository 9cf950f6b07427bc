"""A card for each job: two never hold the same one, and a card is free again when its job is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from headcount.jobs import gpus as cards

HOLD = """
import sys
from pathlib import Path
from headcount.jobs.gpus import lease
print(lease(sys.argv[2:], Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


class Job:
    """A process that leases a card, and holds it until it is told to go or killed."""

    def __init__(self, folder: Path, *names: str) -> None:
        command = [sys.executable, "-c", HOLD, str(folder), *names]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.card = self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[object]:
    jobs: list[Job] = []

    def begin(*names: str) -> Job:
        jobs.append(Job(tmp_path, *names))
        return jobs[-1]

    yield begin
    for job in jobs:
        job.process.kill()
        job.process.communicate()


def test_running_jobs_hold_different_cards(start) -> None:  # type: ignore[no-untyped-def]
    assert [start("0", "1", "2").card for _ in range(3)] == ["0", "1", "2"]


def test_a_job_too_many_is_told_so(start) -> None:  # type: ignore[no-untyped-def]
    start("0")
    late = start("0")
    assert late.card == ""
    assert "each of the 1 cards is held" in late.process.communicate()[1]
    assert late.process.returncode == 1


def test_the_card_of_a_killed_job_is_free(start) -> None:  # type: ignore[no-untyped-def]
    first = start("0", "1")
    first.kill()
    assert start("0", "1").card == "0"


def test_a_leased_card_is_the_only_one_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cards.VISIBLE, "GPU-a, GPU-b")
    monkeypatch.setattr(cards, "_held", [])
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert cards.device("cuda") == "cuda"
    assert os.environ[cards.VISIBLE] == "GPU-a"


def test_no_card_is_asked_for_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cards.VISIBLE, "")
    assert cards.device("cpu") == "cpu"
    with pytest.raises(SystemExit, match="no card is to be seen"):
        cards.device("cuda")
