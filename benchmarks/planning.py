"""How much computing time and memory it takes to plan a study: ``snakemake -n`` with more and more seeds.

Beside each study stands a bare workflow of as many jobs, without functions or parameters: what Snakemake takes by itself.

``--finished`` also plans a study that has run, and one of which a curve is left to do. Their files are empty, and their
records are those that ``snakemake --touch`` makes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from headcount.settings import files
from headcount.store.checksums import note
from headcount.study.jobs import StudyJobs

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "config" / "config.yaml"
TOUCHED = "import sys, snakemake.cli, snakemake.executors.touch as t; t.Executor.SLEEPING_TIME = 0; snakemake.cli.main()"
"""``snakemake --touch`` waits a tenth of a second at each job."""
BARE = """
rule all:
    input: [f"b/{i}/1.txt" for i in range(int(config["jobs"]) // 2)]
rule source:
    output: "{name}.txt"
    wildcard_constraints: name="[a-z]+"
    shell: "touch {output}"
rule first:
    input: "train.txt", "validation.txt", "model.txt"
    output: "a/{i}/1.txt", "a/{i}/2.txt", "a/{i}/3.txt"
    shell: "touch {output}"
rule second:
    input: "a/{i}/1.txt", "a/{i}/2.txt", "train.txt", "validation.txt", "model.txt"
    output: "b/{i}/1.txt", "b/{i}/2.txt", "b/{i}/3.txt"
    shell: "touch {output}"
"""


@dataclass(frozen=True)
class Planned:
    """What one plan took: jobs to be run, seconds of processor time (user and system), and the most memory in bytes."""

    what: str
    jobs: int
    seconds: float
    memory: int

    def __str__(self) -> str:
        return f"{self.what:<28}{self.jobs:>8,}{self.seconds:>8.1f} s{self.memory / 1e6:>8,.0f} MB"


def snakemake(folder: Path, *arguments: object, program: Sequence[str] = ("-m", "snakemake")) -> tuple[str, float, int]:
    """Run Snakemake in a folder: what it says, its processor seconds, and its peak memory in bytes.

    Raises:
        RuntimeError: it ends badly.
    """
    command = [sys.executable, *program, "--cores", "2", "--workflow-profile", "none", *map(str, arguments)]
    said = folder / "said.txt"
    with said.open("w") as stream:
        process = subprocess.Popen(command, cwd=folder, stdout=stream, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    text = said.read_text()
    if process.returncode:
        raise RuntimeError(text[-2000:])
    return text, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def plan(what: str, folder: Path, *arguments: object) -> Planned:
    text, seconds, memory = snakemake(folder, "--dry-run", *arguments)
    totals = [line.split()[1] for line in text.splitlines() if line.startswith("total ")]
    return Planned(what, int(totals[0]) if totals else 0, seconds, memory)


def finish(folder: Path, overlay: Path, arguments: Sequence[object]) -> StudyJobs:
    """Lay out a study as if it had run: every file empty, noted and recorded."""
    jobs = StudyJobs(files.load(CONFIG, overlay))
    for job in jobs.all:
        made = [folder / path for path in jobs.outputs(job)]
        for path in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch() if path.suffix else path.mkdir()
        note(folder / jobs.layout.checksums(job.name), made)
    snakemake(folder, "--touch", "--quiet", "all", *arguments, program=("-c", TOUCHED))
    return jobs


def measured(seeds: int, finished: bool) -> Iterator[Planned]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        overlay = folder / "seeds.json"
        overlay.write_text(json.dumps({"seeds": list(range(1, seeds + 1))}))
        study = ("--snakefile", ROOT / "Snakefile", "--configfile", CONFIG, overlay)
        whole = plan(f"{seeds} seeds", folder, *study)
        yield whole
        (folder / "bare.smk").write_text(BARE)
        yield plan("  bare Snakemake", folder, "--snakefile", "bare.smk", "--config", f"jobs={whole.jobs}")
        if finished:
            jobs = finish(folder, overlay, study)
            yield plan("  finished", folder, *study)
            (folder / jobs.artifact(jobs.of("prune_curve")[-1])).unlink()
            yield plan("  one curve left", folder, *study)


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planning", description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[5, 50, 190], help="by default 5 50 190")
    parser.add_argument("--finished", action="store_true", help="plan studies that have run, too")
    args = parser.parse_args(given)
    print(f"{'':<28}{'jobs':>8}{'CPU':>10}{'memory':>11}")
    for seeds in args.seeds:
        for each in measured(seeds, args.finished):
            print(each, flush=True)


if __name__ == "__main__":
    main()
