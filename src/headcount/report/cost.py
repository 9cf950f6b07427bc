"""What a study cost: jobs and seconds for each kind of artifact, for how long a network kept a processor busy, and which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from headcount.study.rules import RULES, TABLES


@dataclass(frozen=True)
class Cost:
    """Jobs of one kind, their wall time, and the processor time that it stands for (null where no network ran)."""

    kind: str
    jobs: int
    seconds: float
    processor_seconds: float | None

    @property
    def each(self) -> float:
        """Seconds a job."""
        return self.seconds / self.jobs


def processors(manifests: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """Each kind of CPU that trained networks, and how many of the artifacts it made."""
    made = [manifest for manifest in manifests if manifest.get("device") == "cpu" and manifest.get("cpu")]
    return Counter(", ".join(filter(None, [manifest["cpu"], manifest.get("instructions")])) for manifest in made)


def costs(jobs: pd.DataFrame, threads: int) -> list[Cost]:
    """The cost of each kind of artifact that the study has, the most expensive first.

    Processor time is wall time times ``threads``, of the jobs that train or evaluate a network: on a card, which one job
    holds at a time, that is GPU-seconds (``threads`` 1); else CPU-seconds asked for.

    Args:
        jobs: rule, jobs, seconds.
    """
    rules = [RULES.get(rule) for rule in jobs["rule"]]
    each = jobs.assign(
        kind=[rule.kind if rule else TABLES for rule in rules], network=[bool(rule and rule.network) for rule in rules]
    )
    found = []
    for (kind, network), own in each.groupby(["kind", "network"]):
        seconds = float(own["seconds"].sum())
        found.append(Cost(str(kind), int(own["jobs"].sum()), seconds, seconds * threads if network else None))
    return sorted(found, key=lambda cost: -cost.seconds)
