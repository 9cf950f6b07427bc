"""How far a study is and when it will end: ``python -m headcount.planning.progress config/laptop.yaml``, beside the run or not.

What is left is what Snakemake would still do, for as long as is to be expected of it (``headcount.planning.expected``).
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import re
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from headcount.planning.expected import Expected
from headcount.planning.rates import Card, card
from headcount.settings.files import ConfigError, load
from headcount.settings.study import Study
from headcount.study.jobs import StudyJobs

AFFECTS_RESULTS = False
DEFAULT = Path("config/config.yaml")
INCOMPLETE = Path(".snakemake/incomplete")
ENOUGH = 0.05
"""The share of a running job that must be done before its speed counts."""


@dataclass(frozen=True)
class Running:
    """A job that has begun: when (seconds since the epoch), and what its log says: the share done, and seconds for the rest."""

    name: str
    since: float
    share: float = 0.0
    rest: float | None = None

    @property
    def whole(self) -> float | None:
        """Seconds that all of it takes at its speed of late; a job that went on where it was killed began long before."""
        return self.rest / (1 - self.share) if self.rest is not None and ENOUGH < self.share < 1 else None


@dataclass(frozen=True)
class Progress:
    """How much of a study is done. Seconds are of one job after another, as measured where a job of the rule is done.

    ``speed`` is how long jobs took against the plan's estimate, ``None`` before one is done that runs a network.
    """

    jobs: int
    left: int
    seconds: float
    seconds_left: float
    speed: float | None
    running: tuple[Running, ...]

    def text(self, name: str, at_once: int, now: float) -> str:
        """What a person reads; ``at_once`` is how many jobs run at a time."""
        done = 1 - self.seconds_left / self.seconds if self.seconds else 1.0
        lines = [f"{name}: {self.jobs - self.left} of {self.jobs} jobs done, about {min(done, 1):.0%} of the work"]
        if not self.left:
            return lines[0]
        for job in self.running:
            share = f", {job.share:.0%} of it" if job.share else ""
            lines.append(f"  running: {job.name}, for {spoken(now - job.since)}{share}")
        wall = self.seconds_left / at_once
        basis = "by the plan alone" if self.speed is None else f"jobs take {self.speed:.2f} times what the plan says"
        if self.running:
            ends = time.strftime("%H:%M" if wall < 18 * 3600 else "%d %b, %H:%M", time.localtime(now + wall))
            lines.append(f"  about {spoken(wall)} left, until {ends} ({basis})")
        else:
            lines.append(f"  nothing is running here; what is left takes about {spoken(wall)} ({basis})")
        return "\n".join(lines)


def spoken(seconds: float) -> str:
    """A duration as one says it."""
    minutes = round(seconds / 60)
    return f"{seconds:.0f} s" if seconds < 90 else f"{minutes} min" if minutes < 100 else f"{seconds / 3600:.1f} h"


def progress(study: Study, card: Card, left: set[str], begun: Mapping[str, Running]) -> Progress:
    """How far the study is.

    Args:
        left: the files that Snakemake would still make.
        begun: the jobs that run now, by what they make first.
    """
    planned, expected = StudyJobs(study), Expected.of(study, card)
    files = {planned.artifact(job): set(planned.outputs(job)) for job in planned.all}
    to_do = {artifact for artifact, outputs in files.items() if outputs & left}
    shares = {artifact: begun[artifact].share for artifact in to_do & set(begun)}
    for artifact, seconds in measured(planned, set(files) - to_do):
        expected.learn(artifact, seconds)
    for artifact in shares:
        if (whole := begun[artifact].whole) is not None:
            expected.learn(artifact, whole)
    return Progress(
        jobs=len(files),
        left=len(to_do),
        seconds=sum(map(expected.seconds, files)),
        seconds_left=sum(expected.seconds(artifact) * (1 - shares.get(artifact, 0.0)) for artifact in to_do),
        speed=expected.speed,
        running=tuple(begun[artifact] for artifact in files if artifact in shares),
    )


def measured(planned: StudyJobs, done: set[str]) -> Iterator[tuple[str, float]]:
    """The seconds that the jobs done took, by what they make first."""
    for job, path in zip(planned.all, planned.benchmarks, strict=True):
        if planned.artifact(job) in done and Path(path).exists():
            with Path(path).open(encoding="utf-8", newline="") as lines:
                yield planned.artifact(job), float(next(csv.DictReader(lines, delimiter="\t"))["s"])


def running(planned: StudyJobs) -> dict[str, Running]:
    """The jobs that a Snakemake in this folder has begun and not ended, by what they make first."""
    if not _a_snakemake_runs_here():
        return {}
    found = {}
    for job in planned.all:
        artifact = planned.artifact(job)
        marks = [INCOMPLETE / _mark(output) for output in planned.outputs(job)]
        if (mark := next((mark for mark in marks if mark.exists()), None)) is not None:
            about = " ".join(dict.fromkeys(job.about.wildcards.values()))
            log = Path(planned.layout.log(job.name).format(**job.about.wildcards))
            found[artifact] = Running(f"{job.name} {about}".strip(), mark.stat().st_mtime, *_last_bar(log))
    return found


def _mark(output: str) -> str:
    """Where below its folder Snakemake marks an output as begun."""
    name = urlsafe_b64encode(output.encode()).decode()
    most = os.pathconf(INCOMPLETE, "PC_NAME_MAX") - 1
    parts = [name[at : at + most] for at in range(0, len(name), most)]
    return "/".join([*("@" + part for part in parts[:-1]), parts[-1]])


def _a_snakemake_runs_here() -> bool:
    import psutil

    here = str(Path.cwd())
    for process in psutil.process_iter(["cmdline", "cwd", "pid"]):
        words = process.info["cmdline"] or []
        started = any(Path(word).name == "snakemake" for word in words[:3])
        if started and process.info["cwd"] == here and "--summary" not in words:
            return True
    return False


def _last_bar(log: Path) -> tuple[float, float | None]:
    """The share done by the last progress bar in a job's log, and the seconds that it gives the rest, if it gives any."""
    text = log.read_text(encoding="utf-8", errors="replace")[-4000:] if log.exists() else ""
    text = re.sub(r"(?:Loading weights|Writing model shards):[^\r\n]*", "", text)  # done at once, before and after the work
    bars = re.findall(r"\b(\d+)/(\d+) \[[\d:]+<([\d:?]+)", text)
    if not bars or int(bars[-1][1]) == 0:
        return 0.0, None
    done, total, rest = bars[-1]
    parts = [] if "?" in rest else [int(part) for part in rest.split(":")]
    return int(done) / int(total), sum(part * 60**i for i, part in enumerate(reversed(parts))) if parts else None


def planned_files(configs: Sequence[Path], targets: Sequence[str] = ()) -> dict[str, bool]:
    """Targets (by default the whole study) and the files that they are made from: whether each is still to be made.

    Raises:
        ConfigError: Snakemake cannot plan it; it holds Snakemake's own words.
    """
    options = ["--cores", "1", "--quiet", "all", "--summary", "--configfile", *map(str, configs)]
    ended = subprocess.run([sys.executable, "-m", "snakemake", *targets, *options], capture_output=True, text=True)
    if ended.returncode:
        raise ConfigError(ended.stderr.strip() or ended.stdout.strip())
    rows = csv.DictReader(io.StringIO(ended.stdout), delimiter="\t")
    return {row["output_file"]: row["plan"] != "no update" for row in rows}


def as_snakemake_reads(configs: Sequence[Path]) -> Study:
    """The study of files that are given to Snakemake after ``--configfile``, which lays them over the paper's.

    Raises:
        ConfigError: a file or a key of it is wrong.
    """
    return load(*([DEFAULT] if DEFAULT.exists() and DEFAULT not in configs else []), *configs)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m headcount.planning.progress", description=(__doc__ or "").partition(":")[0]
    )
    parser.add_argument("config", nargs="+", type=Path, help="config files, as given to Snakemake after --configfile")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1, help="as given to Snakemake; default: all")
    args = parser.parse_args(arguments)
    try:
        study = as_snakemake_reads(args.config)
        left, now = {file for file, is_left in planned_files(args.config).items() if is_left}, time.time()
        found = progress(study, card("h200" if study.device == "cuda" else "cpu"), left, running(StudyJobs(study)))
    except ConfigError as error:
        raise SystemExit(str(error)) from None
    at_once = 1 if study.device == "cuda" else max(1, args.cores // study.threads)
    print(found.text(study.study, at_once, now))


if __name__ == "__main__":
    main()
