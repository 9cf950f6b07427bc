"""Jobs that need a deep-learning library without waiting for its import: a process that has it loaded forks one per job.

``python fork_server.py finetune …`` runs the workflow's script of that name: where a warm process listens (``SOCKET`` in the
environment, of the same Python and machine), in a fork of it, with this process's arguments, environment, folder and standard
streams. This process waits for its exit status, and takes it along when it is killed. Elsewhere (a cluster's node, another
environment, no Linux) the script is simply run; so it is, with a line in the log, where the warm process does not answer.
The package's own code is never loaded beforehand.

What is said, on a stream that may give it in pieces: the warm process sends ``LOADING`` as long as it is not ready, then
``READY``; the caller its streams, and after another ``READY`` its request, the length first; the answer is the exit status, one
byte. A caller that gives up has not sent its whole request, so that no job runs twice, and has sent no stream to a process
that does not answer, so that none stays open. The socket has a name that is no file, and is gone with its process.
"""

from __future__ import annotations

import json
import os
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

SOCKET = "HEADCOUNT_WARM_SOCKET"
PREFIX = "HEADCOUNT_WARM_PREFIX"
STREAMS, LOADING, READY = b"?", b".", b"+"
LENGTH = struct.Struct("!Q")
TICK = 0.05  # seconds between two looks at a running job, or at who waits for the modules
ANSWER = 5.0  # seconds without a word from the warm process before a job runs by itself
SET_DEATH_SIGNAL = 1  # Linux's PR_SET_PDEATHSIG


def start(modules: Sequence[str]) -> None:
    """Start a process that loads ``modules`` and serves this process's jobs for as long as this thread lives."""
    if sys.platform != "linux":
        return
    name = f"headcount-{os.urandom(8).hex()}"
    with socket.socket(socket.AF_UNIX) as listener:  # jobs that come before the process does wait here
        listener.bind("\0" + name)
        listener.listen(socket.SOMAXCONN)
        number, nothing = listener.fileno(), subprocess.DEVNULL  # an inherited stream would keep its readers waiting
        command = [sys.executable, __file__, "--serve", str(number), str(os.getpid()), *modules]
        subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing, pass_fds=[number], start_new_session=True)
    os.environ[SOCKET], os.environ[PREFIX] = name, _place()


def _place() -> str:
    """The machine and the Python whose jobs can be served."""
    return f"{os.uname().nodename}:{sys.prefix}"


def _is_mine(connection: socket.socket) -> bool:
    """Whether the process at the other end is of the same user: a name that is no file keeps nobody out."""
    form = struct.Struct("3i")  # process, user, group
    return bool(form.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, form.size))[1] == os.geteuid())


# ------------------------------------------------------------------------------------------------------------- server


def serve(listener: socket.socket, starter: int, modules: Sequence[str]) -> None:
    """Load ``modules``, then run each job that is asked for in a fork, until the process ``starter`` is gone."""
    _end_with(starter)
    waiting = _load(modules, listener)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        try:
            connection = waiting.pop(0) if waiting else listener.accept()[0]
            with connection:
                if os.fork() == 0:
                    _attend(connection, [listener, *waiting])
        except OSError:  # no descriptor or process to be had: whoever asked runs its job by itself
            time.sleep(TICK)


def _end_with(parent: int) -> None:
    """Have the system kill this process when its parent ends, even while it is stopped; end if it was too late for that."""
    import ctypes

    if ctypes.CDLL(None).prctl(SET_DEATH_SIGNAL, signal.SIGKILL) != 0 or os.getppid() != parent:
        os._exit(1)


def _load(modules: Sequence[str], listener: socket.socket) -> list[socket.socket]:
    """Import ``modules``; who came meanwhile, and has been told to wait."""
    waiting: list[socket.socket] = []
    loaded = threading.Event()
    listener.settimeout(TICK)

    def receive() -> None:
        while not loaded.is_set():
            try:
                waiting.append(listener.accept()[0])
            except OSError:  # nobody came
                loaded.wait(TICK)
            for connection in list(waiting):
                try:
                    connection.send(LOADING, socket.MSG_DONTWAIT)
                except OSError:  # gone again
                    waiting.remove(connection)
                    connection.close()

    reception = threading.Thread(target=receive, daemon=True)
    reception.start()
    for module in modules:
        import_module(module)
    loaded.set()
    reception.join()
    listener.settimeout(None)
    return waiting


def _attend(connection: socket.socket, others: Sequence[socket.socket]) -> NoReturn:
    """Run one job in a process group of its own, and kill it when whoever asked for it is gone."""
    try:
        for other in others:
            other.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if not _is_mine(connection):
            os._exit(1)
        attendant, job = os.getpid(), os.fork()
        if job == 0:
            os.setpgid(0, 0)
            _end_with(attendant)
            os._exit(_work(connection))
        caller = select.poll()
        caller.register(connection, 0)  # for nothing but its end: what it sends is for the job
        while True:
            done, status = os.waitpid(job, os.WNOHANG)
            if done:
                code = os.waitstatus_to_exitcode(status)
                connection.sendall(bytes([code if code >= 0 else 128 - code]))
                os._exit(0)
            if caller.poll(1000 * TICK):
                os.killpg(job, signal.SIGKILL)
                os._exit(1)
    finally:  # whatever goes wrong here, this process never becomes a second server
        os._exit(1)


def _work(connection: socket.socket) -> int:
    """Become the process that the job would have been; its exit status."""
    try:
        connection.sendall(READY)
        _, streams, _, _ = socket.recv_fds(connection, len(STREAMS), 3)
        if len(streams) < 3:
            raise EOFError
        connection.sendall(READY)
        with connection, connection.makefile("rb") as sent:  # it waits for all of it, in however many pieces it comes
            request = json.loads(sent.read(*LENGTH.unpack(sent.read(LENGTH.size))))
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.environ.clear()
        os.environ.update(request["environment"])
        os.chdir(request["folder"])
        if "torch" in sys.modules and "OMP_NUM_THREADS" in os.environ:
            sys.modules["torch"].set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
        _perform(request["arguments"])
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return (end.code or 0) & 0xFF
        print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    else:
        return 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 1


def _perform(arguments: Sequence[str]) -> None:
    """Run ``script.py …`` in this process, and have it leave what it used."""
    sys.argv = [*arguments]
    sys.path.insert(0, os.path.dirname(sys.argv[0]))
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    finally:
        if os.environ.get("HEADCOUNT_USAGE"):
            import_module("headcount.jobs.usage").leave()


# ------------------------------------------------------------------------------------------------------------- client


def run(arguments: Sequence[str]) -> int:
    """Run ``script.py …``; its exit status."""
    if os.environ.get(SOCKET) and os.environ.get(PREFIX) == _place():
        try:
            connection = _ask({"arguments": list(arguments), "folder": os.getcwd(), "environment": dict(os.environ)})
            return _wait(connection)
        except OSError as error:
            print(f"the warm process does not answer ({error}): this job loads its libraries itself", file=sys.stderr)
    _perform(arguments)
    return 0


def _ask(request: Any) -> socket.socket:
    """Have the warm process run a job; the connection for its exit status. After an ``OSError`` the job will not be run."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(ANSWER)
    connection.connect("\0" + os.environ[SOCKET])
    if not _is_mine(connection):
        raise PermissionError("it is another user's")
    for streams in ([], [0, 1, 2]):
        if streams:
            socket.send_fds(connection, [STREAMS], streams)
        while (answer := connection.recv(1)) == LOADING:
            pass
        if answer != READY:
            raise ConnectionError("it ended")
    message = json.dumps(request).encode()
    connection.sendall(LENGTH.pack(len(message)) + message)
    return connection


def _wait(connection: socket.socket) -> int:
    """The exit status of a job that was asked for; killed, this process says nothing more."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    connection.settimeout(None)
    with suppress(ConnectionError):
        if status := connection.recv(1):
            return status[0]
    print("the warm process ended before its job did", file=sys.stderr)
    return 1


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [each for each in sys.path if os.path.abspath(each) != here]  # its neighbours are no libraries
    if sys.argv[1] == "--serve":
        listener, starter, *modules = sys.argv[2:]
        serve(socket.socket(fileno=int(listener)), int(starter), modules)
    else:
        name, *options = sys.argv[1:]
        sys.exit(run([os.path.join(os.environ["HEADCOUNT_HOME"], "workflow", "scripts", f"{name}.py"), *options]))
