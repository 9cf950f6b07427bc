"""Warm jobs: the same as cold ones to whoever starts them, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from headcount.jobs import fork_server

CLIENT = fork_server.__file__


def lives(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


def eventually(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def served(monkeypatch):
    """A warm process that has loaded ``colorsys``, which no script here imports."""
    monkeypatch.setenv(fork_server.SOCKET, "")
    monkeypatch.setenv(fork_server.PREFIX, "")
    fork_server.start(["colorsys"])
    assert eventually(lambda: Path(os.environ[fork_server.SOCKET]).exists())
    yield
    subprocess.run(["pkill", "-f", os.environ[fork_server.SOCKET]], check=False)


def job(tmp_path, text):
    """The command of a script that stands among the workflow's."""
    script = tmp_path / "workflow" / "scripts" / "job.py"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(text)
    os.environ["HEADCOUNT_HOME"] = str(tmp_path)
    return [sys.executable, CLIENT, "job"]


def test_a_job_finds_the_modules_loaded(served, tmp_path):
    command = job(tmp_path, "import sys; print('colorsys' in sys.modules)")
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "True\n"


def test_without_a_warm_process_the_script_is_simply_run(tmp_path, monkeypatch):
    monkeypatch.delenv(fork_server.SOCKET, raising=False)
    command = job(tmp_path, "import sys; print('colorsys' in sys.modules, sys.argv[1:])")
    assert subprocess.run([*command, "x"], capture_output=True, text=True, check=True).stdout == "False ['x']\n"


def test_another_environments_python_is_not_served(served, tmp_path, monkeypatch):
    monkeypatch.setenv(fork_server.PREFIX, "/elsewhere")
    command = job(tmp_path, "import sys; print('colorsys' in sys.modules)")
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_job_has_its_callers_arguments_environment_folder_and_streams(served, tmp_path):
    script = "import os, sys; print(sys.argv[1:], os.environ['X'], os.getcwd()); print(sys.stdin.read(), file=sys.stderr)"
    done = subprocess.run(
        [*job(tmp_path, script), "--a", "b c"],
        input="in",
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "X": "1"},
        check=True,
    )
    assert done.stdout == f"['--a', 'b c'] 1 {tmp_path}\n" and done.stderr == "in\n"


@pytest.mark.parametrize(
    ("script", "status"),
    [("", 0), ("raise SystemExit(3)", 3), ("raise SystemExit('said')", 1), ("raise ValueError('said')", 1)],
    ids=["success", "status", "message", "exception"],
)
def test_a_jobs_exit_status_is_its_callers(script, status, served, tmp_path):
    done = subprocess.run(job(tmp_path, script), capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert ("said" in done.stderr) == ("said" in script)


@pytest.mark.parametrize("with_signal", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_caller_takes_its_job_along(with_signal, served, tmp_path):
    pid = tmp_path / "pid"
    script = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    caller = subprocess.Popen(job(tmp_path, script), stderr=subprocess.DEVNULL)
    assert eventually(lambda: pid.exists() and pid.read_text())
    caller.send_signal(with_signal)
    caller.wait()
    assert eventually(lambda: not Path(f"/proc/{pid.read_text()}").exists() or not lives(int(pid.read_text())))


def test_jobs_run_side_by_side(served, tmp_path):
    meet = "import os, sys, time\nopen(sys.argv[1], 'w')\nwhile len(os.listdir(sys.argv[2])) < 3: time.sleep(0.05)"
    (tmp_path / "met").mkdir()
    command = job(tmp_path, meet)
    callers = [subprocess.Popen([*command, str(tmp_path / "met" / str(i)), str(tmp_path / "met")]) for i in range(3)]
    assert [caller.wait() for caller in callers] == [0, 0, 0]


def test_the_warm_process_ends_with_the_process_that_started_it(tmp_path):
    program = (
        "import os, sys, time\n"
        "from headcount.jobs import fork_server\n"
        "fork_server.start([])\n"
        "print(os.environ[fork_server.SOCKET], flush=True)\n"
        "while not os.path.exists(os.environ[fork_server.SOCKET]): time.sleep(0.05)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    path = Path(done.stdout.strip())
    assert eventually(lambda: not path.parent.exists())
