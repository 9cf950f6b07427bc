"""Warm jobs: the same as cold ones to whoever starts them, and never left behind."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from headcount.jobs import fork_server

CLIENT = fork_server.__file__
TOO_LONG = 30.0  # seconds that no caller here may take: nothing hangs
ALONE = "this job loads its libraries itself"


def lives(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def children(process):
    return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


@pytest.fixture
def start(monkeypatch, tmp_path):
    """Start a warm process that loads modules; its process number. ``slow`` takes 7 seconds to load."""
    started = []

    def begin(*modules):
        monkeypatch.setenv(fork_server.SOCKET, "")
        monkeypatch.setenv(fork_server.PREFIX, "")
        (tmp_path / "modules").mkdir()
        (tmp_path / "modules" / "slow.py").write_text("import time; time.sleep(7)")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"), prepend=os.pathsep)
        before = children(os.getpid())
        fork_server.start(list(modules))
        (server,) = set(children(os.getpid())) - set(before)
        started.append(server)
        return server

    yield begin
    for server in started:
        with suppress(ProcessLookupError):
            os.kill(server, signal.SIGKILL)


@pytest.fixture
def served(start):
    """A warm process that has loaded ``colorsys``, which no script here imports."""
    return start("colorsys")


def job(tmp_path, text):
    """The command of a script that stands among the workflow's."""
    script = tmp_path / "workflow" / "scripts" / "job.py"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(text)
    os.environ["HEADCOUNT_HOME"] = str(tmp_path)
    return [sys.executable, CLIENT, "job"]


def run(command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=TOO_LONG, **more)


COLORSYS = "import sys; print('colorsys' in sys.modules)"


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
    caller, pid = sleeper(tmp_path)
    caller.send_signal(with_signal)
    assert caller.wait(TOO_LONG) == -with_signal
    assert eventually(lambda: not lives(pid), seconds=2)
    assert caller.stderr.read() == ""


def sleeper(tmp_path):
    """A caller of a job that sleeps for a minute, and the job's process."""
    pid = tmp_path / "pid"
    script = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    heeded = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a test run in the background ignores it, children too
    caller = subprocess.Popen(job(tmp_path, script), stderr=subprocess.PIPE, text=True, preexec_fn=heeded)
    assert eventually(lambda: pid.exists() and pid.read_text())
    return caller, int(pid.read_text())


def test_jobs_run_side_by_side(served, tmp_path):
    meet = "import os, sys, time\nopen(sys.argv[1], 'w')\nwhile len(os.listdir(sys.argv[2])) < 3: time.sleep(0.05)"
    (tmp_path / "met").mkdir()
    command = job(tmp_path, meet)
    callers = [subprocess.Popen([*command, str(tmp_path / "met" / str(i)), str(tmp_path / "met")]) for i in range(3)]
    assert [caller.wait() for caller in callers] == [0, 0, 0]


# --------------------------------------------------------------------------------------------------- requests of any size


@pytest.mark.parametrize("kilobytes", [40, 100])
def test_a_large_environment_variable_arrives(kilobytes, served, tmp_path):
    done = run(job(tmp_path, "import os; print(len(os.environ['X']))"), env={**os.environ, "X": "x" * kilobytes * 1024})
    assert (done.stdout, done.stderr) == (f"{kilobytes * 1024}\n", "")


def test_a_request_of_64_megabytes_arrives(served, tmp_path, monkeypatch, capfd):
    """More than a command line can hold, so the caller is this process."""
    job(tmp_path, "import sys; print(len(sys.argv[1]), 'colorsys' in sys.modules)")
    script = str(tmp_path / "workflow" / "scripts" / "job.py")
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # what ends a caller at once is not for this process
    assert fork_server.run([script, "x" * (64 << 20)]) == 0
    assert capfd.readouterr().out == f"{64 << 20} True\n"


def test_a_request_that_comes_in_pieces_is_put_together(served, tmp_path):
    """A stream keeps no messages apart: its reader may be given one byte at a time."""
    job(tmp_path, "open('done', 'w')")
    script = str(tmp_path / "workflow" / "scripts" / "job.py")
    message = json.dumps({"arguments": [script], "folder": str(tmp_path), "environment": {}}).encode()
    with connected() as connection:
        head = fork_server.LENGTH.pack(len(message))
        for piece in (head[:3], head[3:], message[:5], message[5:40], message[40:]):
            time.sleep(0.05)
            connection.sendall(piece)
        assert connection.recv(1) == b"\0"
    assert (tmp_path / "done").exists()


def connected():
    """A connection to the warm process, which waits for a request."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(TOO_LONG)
    connection.connect("\0" + os.environ[fork_server.SOCKET])
    while (answer := connection.recv(1)) == fork_server.LOADING:
        pass
    assert answer == fork_server.READY
    socket.send_fds(connection, [fork_server.STREAMS], [0, 1, 2])
    assert connection.recv(1) == fork_server.READY
    return connection


# ------------------------------------------------------------------------------------------------- what goes wrong in one


@pytest.mark.parametrize("sent", [b"", b"\0", b"\0" * 8, b"\xff" * 8, b"\0" * 7 + b"\4null", b"GET / HTTP/1.1\r\n"])
def test_a_request_that_makes_no_sense_harms_no_other(sent, served, tmp_path):
    with connected() as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) in (b"", b"\1")
    assert run(job(tmp_path, COLORSYS)).stdout == "True\n"


@pytest.mark.parametrize("script", ["import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "import os; os.abort()"])
def test_a_job_that_crashed_harms_no_other(script, served, tmp_path):
    assert run(job(tmp_path, script)).returncode > 128
    done = run(job(tmp_path, COLORSYS))
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_a_job_in_a_folder_that_is_gone_runs_alone(served, tmp_path):
    """What a child cannot do is no reason for the server to end."""
    gone = tmp_path / "gone"
    gone.mkdir()
    command = ["bash", "-c", f'rmdir {gone}; exec "$@"', "-", *job(tmp_path, COLORSYS)]
    assert "does not answer" in run(command, cwd=gone).stderr
    assert run(job(tmp_path, COLORSYS)).stdout == "True\n"


def test_a_warm_process_without_descriptors_lets_a_job_run_by_itself_and_recovers(served, tmp_path):
    command = job(tmp_path, COLORSYS)
    assert run(command).stdout == "True\n"  # it has loaded what it should
    before = resource.prlimit(served, resource.RLIMIT_NOFILE)
    resource.prlimit(served, resource.RLIMIT_NOFILE, (3, before[1]))
    done = run(command)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (0, "False\n", 1) and ALONE in done.stderr
    resource.prlimit(served, resource.RLIMIT_NOFILE, before)
    assert run(command).stdout == "True\n"


# ----------------------------------------------------------------------------------------- a warm process that is no help


@pytest.mark.parametrize("with_signal", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_warm_process_is_replaced_by_the_script_itself(with_signal, served, tmp_path):
    command = job(tmp_path, COLORSYS)
    assert run(command).stdout == "True\n"
    os.kill(served, with_signal)
    assert eventually(lambda: not lives(served))
    done = run(command)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (0, "False\n", 1) and ALONE in done.stderr


def test_a_stopped_warm_process_is_replaced_within_seconds_and_runs_the_job_never(served, tmp_path):
    command = job(tmp_path, "open('times', 'a').write('x'); import sys; print('colorsys' in sys.modules)")
    os.kill(served, signal.SIGSTOP)
    began = time.monotonic()
    done = run(command, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (0, "False\n", 1) and ALONE in done.stderr
    assert time.monotonic() - began < fork_server.ANSWER + 5
    os.kill(served, signal.SIGCONT)
    assert run(command, cwd=tmp_path).stdout == "True\n"  # this one was asked for later than the other
    assert (tmp_path / "times").read_text() == "xx"


def test_a_running_job_outlives_the_warm_process(served, tmp_path):
    script = "import time; open('begun', 'w'); time.sleep(1); print('done')"
    caller = subprocess.Popen(job(tmp_path, script), cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert eventually(lambda: (tmp_path / "begun").exists())
    os.kill(served, signal.SIGKILL)
    assert caller.communicate(timeout=TOO_LONG)[0] == "done\n" and caller.returncode == 0


def test_a_job_whose_attendant_was_killed_fails_and_is_gone(served, tmp_path):
    caller, pid = sleeper(tmp_path)
    attendant = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(attendant, signal.SIGKILL)
    assert caller.wait(TOO_LONG) == 1 and "ended before its job did" in caller.stderr.read()
    assert eventually(lambda: not lives(pid), seconds=2)


def test_jobs_wait_for_slow_libraries_longer_than_for_an_answer(start, tmp_path):
    start("slow", "colorsys")
    began = time.monotonic()
    done = run(job(tmp_path, COLORSYS))
    assert (done.stdout, done.stderr) == ("True\n", "") and time.monotonic() - began > fork_server.ANSWER


def test_a_library_that_is_not_there_costs_no_job(start, tmp_path):
    start("slow_no_more")
    done = run(job(tmp_path, COLORSYS))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (0, "False\n", 1) and ALONE in done.stderr


def test_another_users_warm_process_is_not_trusted(tmp_path, monkeypatch):
    """A name that is no file can be taken by anyone once its owner is gone."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    name = f"headcount-test-{os.urandom(8).hex()}"
    monkeypatch.setenv(fork_server.SOCKET, name)
    monkeypatch.setenv(fork_server.PREFIX, fork_server._place())
    program = f"import os, socket, time; os.setuid(65534); s = socket.socket(socket.AF_UNIX); s.bind('\\0{name}'); s.listen(); "
    program += "print(flush=True); c = s.accept()[0]; print(c.recv(9))"
    other = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    other.stdout.readline()
    done = run(job(tmp_path, COLORSYS))
    assert (done.returncode, done.stdout) == (0, "False\n") and "another user's" in done.stderr
    assert other.communicate(timeout=TOO_LONG)[0] == "b''\n"


# ------------------------------------------------------------------------------------------------------- nothing is left

STARTER = """
import os, sys, time
from headcount.jobs import fork_server
fork_server.start(sys.argv[1:])
print(os.environ[fork_server.SOCKET], flush=True)
"""


def is_served(name):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect("\0" + name)
        except OSError:
            return False
    return True


def starter(program, *modules, **more):
    package = {**os.environ, "PYTHONPATH": str(Path(fork_server.__file__).parents[2])}
    command = [sys.executable, "-c", STARTER + program, *modules]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=package, **more)


@pytest.mark.parametrize("moment", ["at once", "later", "while it loads", "while it is stopped"])
def test_the_warm_process_ends_with_the_process_that_started_it(moment, tmp_path):
    """A process whose parent is gone before it asks has another parent, and would live for ever."""
    if moment == "at once":  # not even reaped by anyone who waits for it
        process = starter("os.kill(os.getpid(), 9)")
        name = process.stdout.readline().strip()
    else:
        process = starter("time.sleep(60)", *(["concurrent.futures"] if moment == "later" else []))
        name = process.stdout.readline().strip()
        (server,) = children(process.pid)
        if moment == "later":
            time.sleep(1)
        if moment == "while it is stopped":
            time.sleep(0.5)
            os.kill(server, signal.SIGSTOP)
        assert is_served(name)
        process.kill()
        assert eventually(lambda: not lives(server), seconds=5)
    process.wait(TOO_LONG)
    assert eventually(lambda: not is_served(name), seconds=5)


def test_nothing_is_left_in_the_temporary_folder(tmp_path, monkeypatch):
    """However starter and server end."""
    home = tmp_path / "tmp"
    home.mkdir()
    monkeypatch.setenv("TMPDIR", str(home))
    process = starter("time.sleep(60)")
    name = process.stdout.readline().strip()
    (server,) = children(process.pid)
    os.kill(server, signal.SIGKILL)
    process.kill()
    process.wait(TOO_LONG)
    assert eventually(lambda: not is_served(name), seconds=5)  # a killed process takes a moment to be gone
    assert list(home.iterdir()) == []
