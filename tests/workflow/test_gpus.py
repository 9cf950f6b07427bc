"""One card, one job: on `cuda` the jobs that ask for it take turns, whatever the options; on `cpu` they need not."""

from __future__ import annotations

from itertools import pairwise

import pytest
from checkout import MINIATURE, Checkout

# Each job waits, at most so many tenths of a second, until it is not the only one that has begun.
SNAKEFILE = """
from pathlib import Path

configfile: "config/miniature.yaml"
include: "workflow/rules/common.smk"

onstart:
    pass  # in place of the workflow's own, which loads libraries that no job here needs

JOBS = range(3)

rule all:
    input: expand("times/{job}", job=JOBS)

rule stand_in:
    output: "times/{job}"
    resources: gpu=GPUS
    params: patience=PATIENCE
    shell:
        "date +%s%N > {output}; touch begun.{wildcards.job}; "
        "for wait in $(seq {params.patience}); do set -- begun.*; [ $# -gt 1 ] && break; sleep 0.1; done; "
        "date +%s%N >> {output}"
"""


def overlaps(checkout: Checkout, device: str, patience: int, options: tuple[str, ...]) -> int:
    """Run the stand-in jobs; how many began before the one that began before them had ended."""
    (checkout.path / "Snakefile").write_text(SNAKEFILE.replace("PATIENCE", str(patience)))
    overlay = checkout.overlay({"device": device})
    assert checkout.run("--cores", "4", *options, "--configfile", MINIATURE, overlay).jobs == {"stand_in": 3}
    times = sorted(tuple(map(int, path.read_text().split())) for path in (checkout.path / "times").iterdir())
    return sum(begun < ended for (_, ended), (begun, _) in pairwise(times))


@pytest.mark.parametrize("options", [(), ("--resources", "gpu=1"), ("--resources", "mem_mb=1000")], ids=" ".join)
def test_gpu_jobs_take_turns(options: tuple[str, ...], checkout: Checkout) -> None:
    assert overlaps(checkout, "cuda", 5, options) == 0


def test_as_many_jobs_run_as_there_are_cards(checkout: Checkout) -> None:
    assert overlaps(checkout, "cuda", 300, ("--resources", "gpu=3")) > 0


def test_the_same_jobs_run_side_by_side_on_the_cpu(checkout: Checkout) -> None:
    """So that the test above can fail. The long patience is for a busy machine; an idle one does not need it."""
    assert overlaps(checkout, "cpu", 300, ()) > 0
