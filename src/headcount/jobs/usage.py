"""The memory and the CPU time of a job: measured by the job itself, and put where Snakemake wrote what it saw.

Snakemake looks, now and then, at the processes below its own: of a job that a warm process runs (``fork_server``) that is the
caller who waits for it. So the job leaves what it used beside its log as it ends (``leave``), and when Snakemake has written
the job's benchmark file, that is corrected (``settle``): the time that went by stays Snakemake's, the rest is the job's own.
"""

from __future__ import annotations

import csv
import json
import os
import re
import resource
import sys
from contextlib import suppress
from pathlib import Path

AFFECTS_RESULTS = False
WANTED = "HEADCOUNT_USAGE"
"""In the environment of jobs whose usage will be asked for."""
ENDING = ".usage"
UNKNOWN = "NA"
"""As Snakemake says that nothing was measured: the shared part of memory has no peak that the system keeps."""
MEGABYTE = 1024 * 1024


def leave() -> None:
    """Note beside this job's log, which is its standard output, what the job has used until now, children included.

    A job whose usage nobody asked for, or whose output is no file, leaves nothing.
    """
    if not os.environ.get(WANTED) or sys.platform != "linux":  # elsewhere no job is served, and Snakemake sees it
        return
    with suppress(OSError):  # a full disk, a system that tells less of itself: nothing that a job should fail for
        log = Path(os.readlink("/proc/self/fd/1"))
        if not log.is_file():
            return
        sizes = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        used = {
            "max_rss": max(each.ru_maxrss for each in sizes) * 1024 / MEGABYTE,  # the system says kilobytes
            "max_vms": _numbers("status").get("VmPeak", 0) * 1024 / MEGABYTE,
            "io_in": _numbers("io").get("read_bytes", 0) / MEGABYTE,
            "io_out": _numbers("io").get("write_bytes", 0) / MEGABYTE,
            "cpu_time": sum(each.ru_utime + each.ru_stime for each in sizes),
        }
        _beside(log).write_text(json.dumps(used))


def settle(log: Path, benchmark: Path) -> float | None:
    """Correct a job's benchmark file by what the job left beside its log, if it left anything; the seconds that it took.

    Nothing where Snakemake wrote no such file since: the job failed.
    """
    left = _beside(log)
    try:
        if not benchmark.is_file() or (left.is_file() and benchmark.stat().st_mtime_ns < left.stat().st_mtime_ns):
            return None
        with benchmark.open(encoding="utf-8", newline="") as lines:
            measured = next(csv.DictReader(lines, delimiter="\t"))
        seconds = float(measured["s"])
        if left.is_file():
            used: dict[str, float] = json.loads(left.read_text())
            load = 100 * used["cpu_time"] / seconds if seconds else 0.0
            own = {name: f"{value:.2f}" for name, value in {**used, "mean_load": load}.items()}
            row = {**measured, "max_uss": UNKNOWN, "max_pss": UNKNOWN, **own}
            benchmark.write_text("".join("\t".join(line) + "\n" for line in (row, row.values())), encoding="utf-8")
        return seconds
    finally:
        left.unlink(missing_ok=True)


def _beside(log: Path) -> Path:
    return log.with_name(log.name + ENDING)


def _numbers(kind: str) -> dict[str, int]:
    """What the system says of this process in numbers: the file of that kind below ``/proc``."""
    found = re.findall(r"^(\w+):\s*(\d+)", Path(f"/proc/self/{kind}").read_text(), re.MULTILINE)
    return {name: int(number) for name, number in found}
