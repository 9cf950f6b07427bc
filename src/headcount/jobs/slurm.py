"""Slurm, for a run of Snakemake that submits its jobs: it is said what keeps them from starting, and none is left behind.

Its executor says nothing of jobs that wait, and when it is interrupted, it cancels none that it submits or asks about then.
All jobs of a run have one name in Slurm.
"""

from __future__ import annotations

import atexit
import logging
import subprocess
import threading
import time
from collections import Counter

from headcount.jobs.interruption import SNAKEMAKE

AFFECTS_RESULTS = False
EVERY = 60.0
"""Seconds between two looks at the queue."""
ORDINARY = ("None", "Priority", "Resources")
"""Reasons to wait that need nobody's care."""


def look_after(name: str) -> None:
    """Until this process ends, say what keeps the jobs of this name waiting; then cancel those that are left."""
    atexit.register(subprocess.run, ["scancel", "--name", name], capture_output=True)
    threading.Thread(target=_watch, args=(name,), daemon=True).start()


def _watch(name: str) -> None:
    told: str | None = None
    while True:
        time.sleep(EVERY)
        said = waiting(name)
        if said and said != told:
            logging.getLogger(SNAKEMAKE).warning(said)
        told = said


def waiting(name: str) -> str | None:
    """What keeps jobs of this name waiting, in Slurm's words; ``None`` if it is only time, or Slurm does not answer."""
    command = ["squeue", "--noheader", "--states=PENDING", "--format=%r", "--name", name]
    try:
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return None
    reasons = Counter(line.strip() for line in lines if line.strip() not in ORDINARY)
    return "; ".join(f"{count} of the jobs in the queue cannot start: {reason}" for reason, count in reasons.items()) or None
