"""What a target needs: the jobs that make it, from nothing, and those of them that are still to be run.

Which files a study has is known here; which of them a file is made from is in the workflow's rules, and Snakemake says it.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from headcount.planning.progress import planned_files
from headcount.settings.files import ConfigError
from headcount.settings.study import Study
from headcount.study.jobs import StudyJobs

SHOWN = 3


@dataclass(frozen=True)
class Part:
    """The jobs that some targets need, and those of them that are left to do, by what each makes first."""

    targets: tuple[str, ...]
    needed: frozenset[str]
    left: frozenset[str]


def part(study: Study, configs: Sequence[Path], targets: Sequence[str]) -> Part:
    """What these files of the study need.

    Args:
        configs: the study's files, as Snakemake is given them.

    Raises:
        ConfigError: no job of the study makes one of the targets; or Snakemake cannot plan it.
    """
    planned = StudyJobs(study)
    made = {output: planned.artifact(job) for job in planned.all for output in planned.outputs(job)}
    names = tuple(os.path.relpath(target) for target in targets)
    for name in names:
        _check(name, made, study.study)
    files = planned_files(configs, names)
    needed = {made[file]: False for file in files if file in made}
    for file, is_left in files.items():
        if file in made:
            needed[made[file]] |= is_left
    return Part(names, frozenset(needed), frozenset(artifact for artifact, is_left in needed.items() if is_left))


def _check(target: str, made: Collection[str], study: str) -> None:
    if target not in made:
        near = get_close_matches(target, made, SHOWN) or sorted(made, key=len)[:SHOWN]
        raise ConfigError(
            f"target: no job of the study {study!r} makes {target}; allowed is each of its {len(made):,} files, such as"
            f" {', '.join(near)}"
        )
