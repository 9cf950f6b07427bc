"""What a run says as it goes, to a log file, and what it measures of its jobs."""

from __future__ import annotations

import csv
import re

import pytest
from checkout import Checkout

TARGET = "results/tiny/world/glue/cola.json"
MEGABYTES, SECONDS = 300, 1.0
HEAVY = f"""
import time
held = bytearray({MEGABYTES} << 20)
while time.process_time() < {SECONDS}:
    pass
"""


def heavy(checkout: Checkout, tiny: tuple[str, ...], served: str) -> None:
    """Have the job that makes the target need much memory and time."""
    checkout.overlay({"study": "tiny", "tasks": ["cola"], "world": {"train": {"cola": 60}, "validation": 40}}, tiny[1])
    script = "workflow/scripts/write_world_task.py"
    checkout.replace(script, 'if __name__ == "__main__":\n', HEAVY + 'if __name__ == "__main__":\n')
    common = checkout.path / "workflow/rules/common.smk"
    common.write_text(re.sub(r"fork_server\.start\(.*\)", served, common.read_text()))


@pytest.mark.parametrize("served", ['fork_server.start(["pandas"])', "pass"], ids=["served", "by itself"])
@pytest.mark.parametrize("quiet", [(), ("--quiet", "progress")], ids=["loud", "quiet"])
def test_a_jobs_memory_and_time_are_its_own_and_a_line_tells_of_its_end(
    served: str, quiet: tuple[str, ...], checkout: Checkout, tiny: tuple[str, ...]
) -> None:
    heavy(checkout, tiny, served)
    done = checkout.snakemake(TARGET, "--cores", "1", *quiet, "--configfile", *tiny)
    assert done.returncode == 0, done.stdout
    with (checkout.path / "results/tiny/benchmarks/write_world_task/cola.tsv").open(newline="") as lines:
        (measured,) = csv.DictReader(lines, delimiter="\t")
    assert MEGABYTES < float(measured["max_rss"]) < MEGABYTES + 300
    assert SECONDS <= float(measured["cpu_time"]) <= float(measured["s"]) + 1
    assert list(measured) == [
        "s",
        "h:m:s",
        "max_rss",
        "max_vms",
        "max_uss",
        "max_pss",
        "io_in",
        "io_out",
        "mean_load",
        "cpu_time",
    ]
    assert not list(checkout.path.rglob("*.usage"))
    lines_of_it = re.findall(r"^\d\d:\d\d:\d\d 1 of 1 jobs: embedded world, cola$", done.stdout, re.MULTILINE)
    assert len(lines_of_it) == (0 if quiet else 1)
