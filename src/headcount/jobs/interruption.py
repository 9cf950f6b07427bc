"""Ctrl-C, and ``kill``: a run of Snakemake ends in seconds, and its jobs with it.

By itself, Snakemake waits for the jobs that run, however long they take: on SIGTERM always, on SIGINT where that reached
Snakemake alone and not the terminal's whole group of processes. A training goes on from its last steps when it is run again.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Collection
from types import FrameType

AFFECTS_RESULTS = False
TICK = 0.1
"""Seconds between two looks at what still runs: a job may have been about to begin."""
PATIENCE = 5.0
"""Seconds after which a job that does not heed SIGTERM is killed."""
SERVER = "--serve"
"""Among the arguments of the process that serves jobs (``fork_server``) and of its forks, which end with their callers."""


def heed(scripts: Collection[str]) -> None:
    """From here on, SIGINT or SIGTERM ends this process's jobs, then Snakemake, as a user's request; a second, at once.

    A signal that is ignored (``nohup``, a background job of a script) stays ignored.

    Args:
        scripts: what jobs are known by: paths, one of which is among the arguments of each.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}

    def stop(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if signal.SIGINT in before:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        threading.Thread(target=_end_jobs, args=(frozenset(scripts),), daemon=True).start()
        raise KeyboardInterrupt

    for number in before:
        signal.signal(number, stop)


def _end_jobs(scripts: frozenset[str]) -> None:
    """End every job below this process, for as long as it lives."""
    import psutil

    began = time.monotonic()
    while True:
        for process in psutil.Process().children(recursive=True):
            try:
                words = process.cmdline()
                if scripts.intersection(words) and SERVER not in words:
                    process.kill() if time.monotonic() - began > PATIENCE else process.terminate()
            except psutil.Error:  # gone already
                continue
        time.sleep(TICK)
