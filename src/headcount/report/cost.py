"""What a study cost: jobs and seconds for each kind of artifact, and for how long a network kept a processor busy."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Kind:
    """A kind of artifact: the rules that make it, and whether they train or evaluate a network."""

    name: str
    rules: tuple[str, ...]
    network: bool = False


KINDS = (
    Kind("data", ("write_world_corpus", "write_world_task", "sample_corpus", "prepare_task", "cut_blocks")),
    Kind("pre-trained models, fetched", ("fetch_model",)),
    Kind("pre-trained models, made here", ("pretrain_model",), network=True),
    Kind("fine-tuned models", ("finetune",), network=True),
    Kind("fine-tuned models, lower layers frozen", ("finetune_frozen",), network=True),
    Kind("fine-tuned models, pruned first", ("finetune_pruned",), network=True),
    Kind("importances", ("estimate_importance",), network=True),
    Kind("importances under a norm", ("normalize_importance",)),
    Kind("pruning curves", ("prune_curve",), network=True),
    Kind("divergences", ("measure_divergence",), network=True),
    Kind("other readings of the paper, measured", ("compare_readings",), network=True),
)
"""In the order of the workflow. What no kind names is made from tables alone."""

FROM_TABLES = "tables, figures and verdicts"


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


def costs(jobs: pd.DataFrame, threads: int) -> list[Cost]:
    """The cost of each kind of artifact that the study has.

    Processor time is wall time times ``threads``, of the jobs that train or evaluate a network: on a card, which one job
    holds at a time, that is GPU-seconds (``threads`` 1); else CPU-seconds asked for.

    Args:
        jobs: rule, jobs, seconds.
    """
    kind_of = {rule: kind for kind in KINDS for rule in kind.rules}
    names = jobs["rule"].map(lambda rule: kind_of[rule].name if rule in kind_of else FROM_TABLES)
    found = []
    for name, network in [*((kind.name, kind.network) for kind in KINDS), (FROM_TABLES, False)]:
        if len(own := jobs[names == name]):
            seconds = float(own["seconds"].sum())
            found.append(Cost(name, int(own["jobs"].sum()), seconds, seconds * threads if network else None))
    return found
