"""The bill of a study: its jobs' work added up, by model and rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from headcount.data.tasks import MASKED_LM
from headcount.planning.alike import jobs as jobs_of
from headcount.planning.load import Job
from headcount.planning.rates import Card
from headcount.planning.sizes import Sizes
from headcount.planning.targets import Part
from headcount.settings.study import Study
from headcount.study.resolved import given

Key = TypeVar("Key")


@dataclass(frozen=True)
class Line:
    """Jobs added up. ``tokens`` and ``flops`` are of what is known, ``None`` where nothing of it is; seconds likewise."""

    jobs: int
    tokens: float | None
    flops: float | None
    seconds: float
    network: bool

    @property
    def hours(self) -> float:
        return self.seconds / 3600


@dataclass(frozen=True)
class Bill:
    """Every job of a study, or of a part of it, and the card that they are to run on."""

    study: Study
    sizes: Sizes
    card: Card
    jobs: tuple[Job, ...]
    part: Part | None = None

    @property
    def left(self) -> Line:
        """What of the part is still to be run."""
        return self.line(jobs_of(self.study, self.sizes, self.part.left)) if self.part else self.total

    @property
    def models(self) -> list[str]:
        """The study's models that a job is about."""
        about = {job.model for job in self.jobs}
        return [model for model in self.study.models if model in about]

    @property
    def total(self) -> Line:
        return self.line(self.jobs)

    def line(self, jobs: Iterable[Job]) -> Line:
        """Some of the jobs added up."""
        chosen = [job for job in jobs if job.count]
        works = [(job.count, work) for job in chosen for work in job.work]
        return Line(
            jobs=sum(job.count for job in chosen),
            tokens=_sum([(count, work.tokens) for count, work in works]),
            flops=_sum([(count, work.flops) for count, work in works]),
            seconds=sum(job.count * self.card.seconds(job) for job in chosen),
            network=any(job.network for job in chosen),
        )

    def grouped(self, key: Callable[[Job], Key]) -> dict[Key, list[Job]]:
        """The jobs by a key, in the order in which the keys first come."""
        found: dict[Key, list[Job]] = {}
        for job in self.jobs:
            found.setdefault(key(job), []).append(job)
        return found

    @property
    def counts(self) -> dict[str, int]:
        """Jobs of each rule."""
        return {rule: self.line(jobs).jobs for rule, jobs in self.grouped(lambda job: job.rule).items()}

    @property
    def longest(self) -> Job:
        """The job that holds the card longest."""
        return max(self.jobs, key=self.card.seconds)

    def about_masked_lm(self) -> list[Job]:
        return [job for job in self.jobs if job.task == MASKED_LM and job.network]

    @property
    def blocks(self) -> int | None:
        """Blocks of the corpus that masked LM is asked about, of the model that has most; ``None`` where nobody knows."""
        asked = given(self.study.mlm)
        most = asked.max_blocks
        readings = [self.sizes.blocks(model, asked.block_tokens) for model in self.study.models]
        found = max((int(reading.examples) for reading in readings if reading), default=None)
        return found if found is None or most is None else min(found, most)

    def with_blocks(self, most: int) -> Bill:
        """The bill of the same study on at most so many blocks of the corpus."""
        fewer = given(self.study.mlm).model_copy(update={"max_blocks": most})
        return bill(self.study.model_copy(update={"mlm": fewer}), self.card, self.part)


def bill(study: Study, card: Card, part: Part | None = None) -> Bill:
    """What ``study`` costs on ``card``, or a part of it.

    Raises:
        ConfigError: a local source lacks files that its layout demands, or a local model its configuration.
    """
    sizes = Sizes(study)
    return Bill(study, sizes, card, tuple(jobs_of(study, sizes, part.needed if part else None)), part)


def _sum(parts: Sequence[tuple[int, float | None]]) -> float | None:
    known = [count * value for count, value in parts if value is not None]
    return sum(known) if known else None
