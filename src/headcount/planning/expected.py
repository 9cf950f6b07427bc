"""How long the jobs of a study take: the plan's estimate, set right by what other jobs took.

Those of the same rule, or where none is done, of all rules that run a network.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from headcount.planning.alike import alike
from headcount.planning.load import Job
from headcount.planning.rates import Card
from headcount.planning.sizes import Sizes
from headcount.settings.study import Study
from headcount.study.jobs import StudyJobs
from headcount.study.rules import RULES

AFFECTS_RESULTS = False
SHORT = 1.0
"""Seconds taken for a job that runs no network, until one of its rule is done."""


@dataclass
class Expected:
    """Seconds that jobs take, of which some are done. Jobs are known by what they make first.

    Args:
        estimates: the rule of each job, and the plan's seconds.
    """

    estimates: dict[str, tuple[str, float]]
    took: dict[str, float] = field(default_factory=dict)
    _by_rule: dict[str, tuple[float, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, study: Study, card: Card) -> Expected:
        """What the plan says before any job is done.

        Raises:
            ConfigError: a local source lacks files that its layout demands, or a local model its configuration.
        """
        planned = StudyJobs(study)
        found: dict[str, tuple[str, float]] = {}
        for own, work in alike(study, Sizes(study)):
            each = card.seconds(Job(own[0].name, 1, own[0].about.model, work=work)) / study.threads or SHORT
            found |= {planned.artifact(job): (job.name, each) for job in own}
        return cls(found)

    def learn(self, artifact: str, seconds: float) -> None:
        """A job took so long, or will at its speed of late."""
        rule, estimate = self.estimates[artifact]
        self.took[artifact] = seconds
        before = self._by_rule.get(rule, (0.0, 0.0))
        self._by_rule[rule] = (before[0] + seconds, before[1] + estimate)

    @property
    def speed(self) -> float | None:
        """How long jobs that run a network took against the plan's estimate, ``None`` before one is done."""
        pairs = [pair for rule, pair in self._by_rule.items() if rule in RULES and RULES[rule].network]
        estimated = sum(estimate for _, estimate in pairs)
        return sum(seconds for seconds, _ in pairs) / estimated if estimated else None

    def seconds(self, artifact: str) -> float:
        """How long a job takes: as it took, or as is to be expected."""
        rule, estimate = self.estimates[artifact]
        return self.took.get(artifact, estimate * self.ratio(rule))

    def ratio(self, rule: str) -> float:
        """How long jobs of a rule take against the plan's estimate."""
        seconds, estimated = self._by_rule.get(rule, (0.0, 0.0))
        return seconds / estimated if estimated else self.speed or 1.0
