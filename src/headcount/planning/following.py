"""A run of Snakemake, followed from within: a line in its log for each job that has ended, with the time that is left.

``37 of 215 jobs, 12 min left: roberta, fine-tuning on cola, seed 2``. The rest is as many seconds as is to be expected of the
jobs that are left (``headcount.planning.expected``), by as many jobs as run at once. A terminal needs no such lines.

And each job's benchmark file is set right as it ends (``headcount.jobs.usage``).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread
from typing import Any, TextIO

from headcount.jobs import usage
from headcount.jobs.interruption import SNAKEMAKE
from headcount.planning.expected import SHORT, Expected
from headcount.planning.progress import measured, spoken
from headcount.planning.rates import card
from headcount.settings.files import ConfigError
from headcount.settings.study import Study
from headcount.study.jobs import StudyJobs

AFFECTS_RESULTS = False


@dataclass(frozen=True)
class Followed:
    """A job that Snakemake is going to run: its rule, what it makes first, and Snakemake's own record of it."""

    rule: str
    artifact: str
    job: Any

    @property
    def words(self) -> str:
        """What it is, in one line for people; asked for late, since Snakemake works out all of a job's parameters for it."""
        about = " ".join([self.rule, *map(str, self.job.wildcards)])
        return str(self.job.message or about).replace(": ", ", ", 1)

    def settled(self) -> float | None:
        """The seconds that Snakemake measured, after its file of them was set right; ``None`` where there is no such file."""
        if not (self.job.log and self.job.benchmark):
            return None
        try:
            return usage.settle(Path(self.job.log[0]), Path(self.job.benchmark))
        except (OSError, ValueError, KeyError, StopIteration):  # nothing that a run should end for
            return None


@dataclass
class Rest:
    """What is left of a run, and how long it takes.

    Args:
        jobs: those to be run, by Snakemake's number.
        at_once: how many run at a time.
    """

    jobs: dict[int, Followed]
    at_once: int
    expected: Expected | None = None
    begun: dict[int, float] = field(default_factory=dict)
    took: dict[int, float] = field(default_factory=dict)
    _left: dict[str, float] = field(default_factory=dict)  # by rule, the plan's seconds
    _lock: Lock = field(default_factory=Lock)

    def expect(self, expected: Expected | None) -> None:
        """From here on it is known what is to be expected of the jobs; ``None`` where nobody knows."""
        with self._lock:
            self.expected = expected
            for job in self.jobs.values():
                if expected:
                    _, seconds = expected.estimates.setdefault(job.artifact, (job.rule, SHORT))
                    self._left[job.rule] = self._left.get(job.rule, 0.0) + seconds
            for number in self.took:
                self._learn(number)

    def end(self, number: int, seconds: float | None, now: float) -> None:
        """A job has ended that took so long; where that was not measured, since it began."""
        began = self.begun.pop(number, now)
        with self._lock:
            self.took[number] = now - began if seconds is None else seconds
            self._learn(number)

    def _learn(self, number: int) -> None:
        if self.expected:
            job = self.jobs[number]
            self._left[job.rule] -= self._planned(job)
            self.expected.learn(job.artifact, self.took[number])

    def _planned(self, job: Followed) -> float:
        return self.expected.estimates[job.artifact][1] if self.expected else 0.0

    def seconds(self, now: float) -> float | None:
        """Until the last job is done."""
        with self._lock:
            if self.expected is None:
                return None
            ratio = self.expected.ratio
            alone = sum(max(0.0, seconds) * ratio(rule) for rule, seconds in self._left.items())
            for number, began in self.begun.items():
                job = self.jobs[number]
                alone -= min(now - began, self._planned(job) * ratio(job.rule))
        return max(0.0, alone) / max(1, min(self.at_once, len(self.jobs) - len(self.took)))

    def line(self, number: int, now: float) -> str:
        """What a person reads when a job has ended."""
        seconds, count = self.seconds(now), f"{len(self.took)} of {len(self.jobs)} jobs"
        left = f", {spoken(seconds)} left" if seconds is not None and len(self.took) < len(self.jobs) else ""
        return f"{time.strftime('%H:%M:%S', time.localtime(now))} {count}{left}: {self.jobs[number].words}"


class Follower(logging.Handler):
    """Hears of Snakemake's events, in the thread that hands out its jobs.

    Args:
        stream: where lines go; ``None`` for none.
    """

    def __init__(self, rest: Rest, stream: TextIO | None) -> None:
        super().__init__()
        self.rest = rest
        self.stream = stream
        self.unsettled = dict(rest.jobs)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._hear(record)
        except Exception:  # a line that cannot be written ends no run
            self.handleError(record)

    def _hear(self, record: logging.LogRecord) -> None:
        event, now = str(getattr(record, "event", "")), record.created
        if event == "job_started":
            self.rest.begun |= {number: now for number in getattr(record, "jobs", []) if number in self.rest.jobs}
        elif event == "job_finished":
            self._finish(getattr(record, "job_id", -1), now)
        elif event == "job_error":
            self.rest.begun.pop(getattr(record, "jobid", -1), None)

    def _finish(self, number: int, now: float) -> None:
        if job := self.unsettled.pop(number, None):
            self.rest.end(number, job.settled(), now)
            if self.stream:
                print(self.rest.line(number, now), file=self.stream, flush=True)

    def close(self) -> None:
        """At the end of the run: Snakemake tells of no job that has ended where it is to be quiet about that."""
        for number in list(self.unsettled):
            self.unsettled.pop(number).settled()
        super().close()


def follow(jobs: Iterable[Any], study: Study, at_once: int, stream: TextIO | None) -> None:
    """Follow the run of these jobs of Snakemake's, of which so many run at a time; lines go to ``stream``, if to any."""
    planned = StudyJobs(study)
    made = {output: planned.artifact(job) for job in planned.all for output in planned.outputs(job)}
    run = [(job, str(job.output[0])) for job in jobs if job.output]
    followed = {job.jobid: Followed(job.rule.name, made.get(output, output), job) for job, output in run}
    rest = Rest(followed, at_once)
    logging.getLogger(SNAKEMAKE).addHandler(Follower(rest, stream))
    if stream:  # beside the first jobs: a study's own data may be large
        to_do = {job.artifact for job in followed.values()}
        Thread(target=lambda: rest.expect(_expected(planned, to_do)), daemon=True).start()


def _expected(planned: StudyJobs, to_do: set[str]) -> Expected | None:
    """What is to be expected, by what other jobs took before; ``None`` where the sizes of data are not to be known."""
    study = planned.study
    try:
        found = Expected.of(study, card("h200" if study.device == "cuda" else "cpu"))
        for artifact, seconds in measured(planned, set(found.estimates) - to_do):
            found.learn(artifact, seconds)
    except (ConfigError, OSError, ValueError, KeyError):
        return None
    return found
