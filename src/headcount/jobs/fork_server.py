"""Jobs that need a deep-learning library without waiting for its import: a process that has it loaded forks one per job.

``python warm.py finetune …`` runs the workflow's script of that name. Where a warm process listens (``SOCKET`` in the
environment, of the same Python), the script runs in a fork of it, with this process's arguments, environment, folder and
standard streams; this process waits for its exit status, and takes it along when it is killed. Elsewhere, on a cluster's
node or in another environment, the script is simply run. The package's own code is never loaded beforehand.
"""

from __future__ import annotations

import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import Any

SOCKET = "HEADCOUNT_WARM_SOCKET"
PREFIX = "HEADCOUNT_WARM_PREFIX"
PATIENCE = 0.05  # seconds between two looks at a running job
LONGEST_REQUEST = 1 << 20  # bytes: a command line and an environment


def start(modules: Sequence[str]) -> None:
    """Start a process that loads ``modules`` and serves this process's jobs for as long as this process lives."""
    home = tempfile.mkdtemp(prefix="headcount-")
    path = os.path.join(home, "socket")
    command = [sys.executable, __file__, "--serve", path, *modules]
    nothing = subprocess.DEVNULL  # an inherited stream would stay open for whoever reads this process's output
    subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True)
    os.environ[SOCKET], os.environ[PREFIX] = path, sys.prefix


# ------------------------------------------------------------------------------------------------------------- server


def serve(path: str, modules: Sequence[str]) -> None:
    """Load ``modules``, then run each job that is asked for in a fork, until the process that started this one is gone."""
    parent = os.getppid()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(128)  # jobs that come while the modules are being loaded wait here
    listener.settimeout(1)
    try:
        for module in modules:
            import_module(module)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while os.getppid() == parent:
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            if os.fork() == 0:
                listener.close()
                _attend(connection)
            connection.close()
    finally:
        os.unlink(path)
        os.rmdir(os.path.dirname(path))


def _attend(connection: socket.socket) -> None:
    """Run one job in a process group of its own, and kill it when whoever asked for it is gone. Never returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    request, streams, _, _ = socket.recv_fds(connection, LONGEST_REQUEST, 3)
    if not request:
        os._exit(0)
    job = os.fork()
    if job == 0:
        connection.close()
        os.setpgid(0, 0)
        os._exit(_work(json.loads(request), streams))
    while True:
        done, status = os.waitpid(job, os.WNOHANG)
        if done:
            connection.sendall(bytes([os.waitstatus_to_exitcode(status) & 0xFF]))
            os._exit(0)
        if select.select([connection], [], [], PATIENCE)[0]:
            os.killpg(job, signal.SIGKILL)
            os._exit(1)


def _work(request: dict[str, Any], streams: Sequence[int]) -> int:
    """Become the process that the job would have been; its exit status."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = request["arguments"]
    if "torch" in sys.modules and "OMP_NUM_THREADS" in os.environ:
        sys.modules["torch"].set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


# ------------------------------------------------------------------------------------------------------------- client


def run(arguments: Sequence[str]) -> int:
    """Run ``script.py …``; its exit status."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        if os.environ.get(PREFIX) != sys.prefix:
            raise ConnectionError
        connection.connect(os.environ[SOCKET])
    except (KeyError, OSError):
        os.execv(sys.executable, [sys.executable, *arguments])
    request = {"arguments": list(arguments), "folder": os.getcwd(), "environment": dict(os.environ)}
    socket.send_fds(connection, [json.dumps(request).encode()], [0, 1, 2])
    status = connection.recv(1)
    if not status:
        print("the warm process ended before its job did", file=sys.stderr)
        return 1
    return status[0]


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        serve(sys.argv[2], sys.argv[3:])
    else:
        name, *options = sys.argv[1:]
        sys.exit(run([os.path.join(os.environ["HEADCOUNT_HOME"], "workflow", "scripts", f"{name}.py"), *options]))
