"""A card for each job: two never hold the same one, whoever's they are, and a card is free again when its job is gone."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from headcount.jobs import gpus

HOLD = """
import os, sys
from pathlib import Path
from headcount.jobs.gpus import lease  # before this becomes another user, who may not read it
folder, user, umask, *cards = sys.argv[1:]
os.umask(int(umask, 8))
if int(user) != os.getuid():
    os.setgroups([]); os.setgid(int(user)); os.setuid(int(user))
print(lease(dict(card.split("=") for card in cards), Path(folder)), flush=True)
sys.stdin.read()
"""
TOO_LONG = 30.0
SOMEONE, SOMEONE_ELSE = 65533, 65532
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


class Job:
    """A process that leases a card (``name=uuid``), and holds it until it is told to go or killed."""

    def __init__(self, folder: Path, *cards: str, user: int | None = None, umask: str = "077") -> None:
        who = str(os.getuid() if user is None else user)
        command = [sys.executable, "-c", HOLD, str(folder), who, umask, *cards]
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        self.process = subprocess.Popen(command, text=True, **pipes)  # type: ignore[call-overload]
        self.card = self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(TOO_LONG)

    def complaint(self) -> str:
        assert self.card == ""
        error = self.process.communicate(timeout=TOO_LONG)[1]
        assert self.process.returncode == 1 and error.count("\n") == 1, error
        return error


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the locks are: a folder that is not there yet, in one that any user can get to, like the system's own."""
    top = Path(tempfile.mkdtemp(prefix="locks-", dir="/tmp"))
    top.chmod(0o1777)
    yield top / "locks"
    shutil.rmtree(top)


@pytest.fixture
def start(folder: Path) -> Iterator[object]:
    jobs: list[Job] = []

    def begin(*cards: str, **more: object) -> Job:
        jobs.append(Job(folder, *cards, **more))  # type: ignore[arg-type]
        return jobs[-1]

    yield begin
    for job in jobs:
        job.process.kill()
        job.process.communicate()


def test_running_jobs_hold_different_cards(start) -> None:  # type: ignore[no-untyped-def]
    assert [start("0=a", "1=b", "2=c").card for _ in range(3)] == ["0", "1", "2"]


def test_a_job_too_many_is_told_so(start) -> None:  # type: ignore[no-untyped-def]
    start("0=a")
    assert "each of the 1 cards is held" in start("0=a").complaint()


def test_the_card_of_a_killed_job_is_free(start) -> None:  # type: ignore[no-untyped-def]
    first = start("0=a", "1=b")
    first.kill()
    assert start("0=a", "1=b").card == "0"


def test_two_cards_that_the_scheduler_calls_0_are_two_cards(start) -> None:  # type: ignore[no-untyped-def]
    assert [start("0=a").card, start("0=b").card] == ["0", "0"]


def test_one_card_under_two_names_is_one_card(start) -> None:  # type: ignore[no-untyped-def]
    start("1=a")
    assert "each of the 1 cards is held" in start("0=a").complaint()


# ---------------------------------------------------------------------------------------------------------- several users


@only_root
@pytest.mark.parametrize("users", [(0, SOMEONE), (SOMEONE, 0), (SOMEONE, SOMEONE_ELSE)])
@pytest.mark.parametrize("umask", ["077", "022", "000"])
def test_users_share_the_locks_whoever_made_them(users, umask, start, folder) -> None:  # type: ignore[no-untyped-def]
    first, second = users
    assert start("0=a", "1=b", user=first, umask=umask).card == "0"
    later = start("0=a", "1=b", user=second, umask=umask)
    assert later.card == "1"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o1777
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o666}


@only_root
def test_a_lock_is_taken_over_from_its_maker(start) -> None:  # type: ignore[no-untyped-def]
    start("0=a", user=SOMEONE).kill()
    assert start("0=a", user=SOMEONE_ELSE).card == "0"
    assert "is held" in start("0=a", user=SOMEONE).complaint()


@only_root
def test_another_users_folder_that_is_not_everybodys_is_refused(start, folder) -> None:  # type: ignore[no-untyped-def]
    for mode in (0o777, 0o755, 0o700):
        folder.mkdir(exist_ok=True)
        os.chown(folder, SOMEONE, SOMEONE)
        folder.chmod(mode)
        assert str(folder) in start("0=a", user=SOMEONE_ELSE).complaint()


def test_ones_own_folder_is_opened_to_everybody(start, folder) -> None:  # type: ignore[no-untyped-def]
    folder.mkdir(mode=0o700)
    assert start("0=a").card == "0"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o1777


# --------------------------------------------------------------------------------------------------------------- no links


def test_a_link_in_the_place_of_the_folder_is_refused(start, folder, tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "elsewhere").mkdir()
    folder.symlink_to(tmp_path / "elsewhere")
    assert str(folder) in start("0=a").complaint()
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("there", [True, False], ids=["to a file", "to nothing"])
def test_a_link_in_the_place_of_a_lock_is_refused(there, start, folder, tmp_path) -> None:  # type: ignore[no-untyped-def]
    folder.mkdir()
    victim = tmp_path / "victim"
    if there:
        victim.write_text("mine")
        victim.chmod(0o600)
    (folder / "a").symlink_to(victim)
    assert str(folder / "a") in start("0=a").complaint()
    assert victim.exists() == there and (not there or stat.S_IMODE(victim.stat().st_mode) == 0o600)


def test_what_is_no_file_is_refused_at_once(start, folder) -> None:  # type: ignore[no-untyped-def]
    """A pipe without a writer would keep who opens it waiting."""
    folder.mkdir()
    os.mkfifo(folder / "a")
    assert "no plain file" in start("0=a").complaint()


# --------------------------------------------------------------------------------------------------- which cards there are


@pytest.fixture
def leased(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What was to be leased."""
    asked: list[dict[str, str]] = []
    monkeypatch.setattr(gpus, "lease", lambda cards: asked.append(cards))
    return asked


@pytest.mark.parametrize(
    ("visible", "uuids", "cards"),
    [
        (None, ["a", "b"], {"0": "a", "1": "b"}),
        ("0", ["b"], {"0": "b"}),  # what a scheduler leaves of two
        ("1, 0", ["b", "a"], {"1": "b", "0": "a"}),  # CUDA counts what it shows
        ("GPU-1,GPU-2", ["a", "b"], {"GPU-1": "a", "GPU-2": "b"}),
        ("0,1,7", ["a", "b"], {"0": "a", "1": "b"}),  # there is no eighth card
        ("0,1", None, {"0": "0", "1": "1"}),  # CUDA tells none
        ("0", [], {}),  # the card that a scheduler gave has fallen out
        (None, [], {}),
        (None, None, {}),
        ("", ["a"], {}),
    ],
)
def test_cards_are_known_by_their_uuids(visible, uuids, cards, leased, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(gpus, "_uuids", lambda: uuids)
    monkeypatch.delenv(gpus.VISIBLE, raising=False)
    if visible is not None:
        monkeypatch.setenv(gpus.VISIBLE, visible)
    assert gpus.device("cuda") == "cuda" and leased == [cards]


def test_asking_for_uuids_leaves_this_process_free_to_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without cards there are none; a stand-in answers in the child, and only there."""
    import torch

    asked = []
    monkeypatch.setattr(torch.cuda, "device_count", lambda: asked.append(os.getpid()) or 2)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda card: type("", (), {"uuid": f"uuid-{card}"}))
    assert gpus._uuids() == ["uuid-0", "uuid-1"] and asked == []
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1 / 0)
    assert gpus._uuids() is None


def test_a_leased_card_is_the_only_one_seen(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(gpus.VISIBLE, "GPU-a, GPU-b")
    monkeypatch.setattr(gpus, "_held", [])
    assert gpus.lease({"GPU-a": "a", "GPU-b": "b"}, folder) == "GPU-a"
    assert os.environ[gpus.VISIBLE] == "GPU-a"
    for lock in gpus._held:
        os.close(lock)


def test_no_card_is_asked_for_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(gpus.VISIBLE, "")
    assert gpus.device("cpu") == "cpu"
    with pytest.raises(SystemExit, match="no card is to be seen"):
        gpus.device("cuda")
