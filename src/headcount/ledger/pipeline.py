"""``dvc.yaml``, written from the jobs of a study: the large directories that DVC keeps beside git.

``python -m headcount.ledger.pipeline config/config.yaml > dvc.yaml``
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from headcount.settings.files import load
from headcount.study.jobs import StudyJobs
from headcount.study.layout import manifest
from headcount.study.model_jobs import Job
from headcount.study.rules import RULES

HEADING = """\
# Written by `make publish` from {config}: the large directories of that study, which DVC keeps beside git.
# Snakemake makes them. The stages are frozen, so that DVC never runs their commands, and `persist` keeps it from deleting
# what it does not know. How to publish and pull: docs/artifacts.md.
"""
ITEMS = ("model", "task", "seed", "arm", "criterion", "fraction")


def pipeline(jobs: StudyJobs, *configs: Path) -> str:
    """The content of ``dvc.yaml`` for the study in ``configs``: a stage a rule, its directories in a matrix."""
    config = " ".join(path.as_posix() for path in configs)
    stages: dict[str, Any] = {}
    for name, rule in RULES.items():
        gone = name == "pretrain_sparse" and not jobs.study.weights.keep
        if rule.versioned and not gone and (found := jobs.of(name)):
            stages |= _stages(name, found, getattr(jobs.layout, rule.artifact), config)
    return HEADING.format(config=config) + yaml.safe_dump(
        {"stages": stages}, sort_keys=False, default_flow_style=None, width=200
    )


def _stages(name: str, jobs: Sequence[Job], pattern: str, config: str) -> dict[str, Any]:
    """One stage whose matrix gives each of the jobs; several, a model or a criterion each, where no one matrix does."""
    keys = [key for key in ITEMS if getattr(jobs[0].about, key) is not None]
    lists = {key: list(dict.fromkeys(getattr(job.about, key) for job in jobs)) for key in keys}
    if len(jobs) != len(list(product(*lists.values()))):
        apart = next(key for key in ("model", "criterion") if len(lists.get(key, [])) > 1)
        parts = [
            _stages(f"{name}-{value}", [job for job in jobs if getattr(job.about, apart) == value], pattern, config)
            for value in lists[apart]
        ]
        return {stage: content for part in parts for stage, content in part.items()}
    place = pattern.format(**{key: f"${{item.{key}}}" for key in keys}, any_task="")
    stage = {
        **({"matrix": lists} if lists else {}),
        "frozen": True,
        "cmd": f"snakemake {manifest(place)} --configfile {config}",
        "outs": [{place: {"persist": True}}],
    }
    return {name: stage}


def main() -> None:
    base, *others = map(Path, sys.argv[1:])
    print(pipeline(StudyJobs(load(base, *others)), *(others or [base])), end="")


if __name__ == "__main__":
    main()
