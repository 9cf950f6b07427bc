"""Ctrl-C, and ``kill``: a run of Snakemake ends in seconds, and its jobs with it.

By itself, Snakemake waits for the jobs that run, however long they take: on SIGTERM always, on SIGINT where that reached
Snakemake alone and not the terminal's whole group of processes. A training goes on from its last steps when it is run again.
"""

from __future__ import annotations

import logging
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
SNAKEMAKE = "snakemake.logging"
"""The name of Snakemake's logger."""
SERVER = "--serve"
"""Among the arguments of the process that serves jobs (``fork_server``) and of its forks, which end with their callers."""


def heed(scripts: Collection[str]) -> None:
    """From here on, SIGINT or SIGTERM ends this process's jobs, then Snakemake, as a user's request; a second, at once.

    A signal that is ignored (``nohup``, a background job of a script) stays ignored.

    Args:
        scripts: what jobs are known by: paths, one of which is among the arguments of each.
    """
    heeded = [each for each in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(each) is not signal.SIG_IGN]
    asked = threading.Event()
    # Started now: a handler runs amid whatever was interrupted, and must take no lock that this may hold.
    threading.Thread(target=_end_jobs, args=(asked, frozenset(scripts)), daemon=True).start()

    def stop(number: int, frame: FrameType | None) -> None:
        for each in heeded:
            signal.signal(each, signal.default_int_handler if each == signal.SIGINT else signal.SIG_DFL)
        asked.set()
        raise KeyboardInterrupt

    for each in heeded:
        signal.signal(each, stop)


def _end_jobs(asked: threading.Event, scripts: frozenset[str]) -> None:
    """Once that is asked for, end every job below this process, for as long as it lives."""
    import psutil

    asked.wait()
    logger = logging.getLogger(SNAKEMAKE)
    logger.addFilter(_is_no_failure)
    logger.warning("Stopped. The same command goes on from here: trainings from the steps that they kept, other jobs anew.")
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


def _is_no_failure(record: logging.LogRecord) -> bool:
    """Whether a line is about something else than a job that was ended: that it failed, and how it was called, is no news."""
    return str(getattr(record, "event", "")) != "job_error" and "CalledProcessError" not in str(record.msg)
