"""The jobs of a study that do the same work, together: they differ in seed, norm, criterion or draw alone."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from headcount.criteria import OWN, RANDOM
from headcount.planning.load import Job, Work
from headcount.planning.sizes import Sizes
from headcount.planning.work import ModelWork
from headcount.settings.study import Study
from headcount.study.jobs import StudyJobs
from headcount.study.model_jobs import Job as StudyJob
from headcount.study.shared_points import first_curve


def jobs(study: Study, sizes: Sizes, only: Collection[str] | None = None) -> list[Job]:
    """Every job of the study, those together that do the same work; or those alone that make one of these first."""
    groups = alike(study, sizes, only)
    return [Job(own[0].name, len(own), own[0].about.model, own[0].about.task, work) for own, work in groups]


def alike(study: Study, sizes: Sizes, only: Collection[str] | None = None) -> list[tuple[list[StudyJob], tuple[Work, ...]]]:
    """The study's jobs, those together that do the same work, with the work that each does.

    Args:
        only: what those make first that are asked for; by default all are.

    Raises:
        ConfigError: a local model has no configuration.
    """
    groups: dict[tuple[Any, ...], list[StudyJob]] = {}
    planned = StudyJobs(study)
    for job in planned.all:
        if only is not None and planned.artifact(job) not in only:
            continue
        about = job.about
        anew = about.criterion == OWN and about.unit == "head"  # the order that an iterative schedule estimates again
        point = (about.point or "").partition("-")[0] if about.criterion == RANDOM else about.point  # draws differ in nothing
        first = first_curve(study, job.name, about) is None  # of which others take points
        key = (job.name, about.model, about.task, about.fraction, about.arm, about.unit, point, anew, first)
        groups.setdefault(key, []).append(job)
    models = {model: ModelWork(study, model, sizes) for model in study.models}
    return [
        (own, models[own[0].about.model].of(own[0].name, own[0].about) if own[0].about.model else ()) for own in groups.values()
    ]
