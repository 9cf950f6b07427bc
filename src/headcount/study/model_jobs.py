"""The jobs about one model of a study: how it is made, and everything that is asked of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from headcount.criteria import OWN, RANDOM, SET, TRANSFERRED
from headcount.data.tasks import MASKED_LM
from headcount.freezing import in_path
from headcount.settings.study import Study
from headcount.study.about import About, extended
from headcount.study.rules import RULES, Rule

FINE_TUNED = ("finetune", "fetch_finetuned")
"""The rules that give a fine-tuned model, with its metrics."""
MADE_BY = {"fetched": ["fetch_model"], "from scratch": ["pretrain_model"], "further": ["fetch_original", "pretrain_further"]}
"""The rules that give a pre-trained model, by the way in which it is made."""


@dataclass(frozen=True)
class Job:
    """One job: its rule, and what it is about."""

    name: str
    about: About

    @property
    def rule(self) -> Rule:
        return RULES[self.name]


def of_model(study: Study, model: str) -> Iterator[Job]:
    """Every job about ``model`` alone, in the order of the workflow."""
    encoder = study.encoders[model]
    yield from (Job(rule, About(model)) for rule in ([] if encoder.finetuned_alone else MADE_BY[encoder.way]))
    if model in study.masked_models:
        yield Job("cut_blocks", About(model))
    runs = [About(model, task, seed) for task in study.tasks for seed in study.seeds]
    asked = [About(model, task, seed) for task in study.all_tasks for seed in study.seeds]
    if model in study.tuned_models:
        yield from (Job(_fine_tuned_by(study, run), run) for run in runs)
    if model in study.head_models:
        yield from _of_heads(study, model, runs, asked)
    if model in study.outlier_models:
        yield Job("measure_features", About(model))
        yield from (Job("ablate_features", run) for run in asked)
    if model in study.weight_models:
        yield from _of_weights(study, model)
    if model in study.language_models:
        yield from _of_languages(study, model)
    if encoder.snapshots:
        yield Job("follow_features", About(model))


def _of_heads(study: Study, model: str, runs: list[About], asked: list[About]) -> Iterator[Job]:
    """The study of the model's heads."""
    norm = study.transfer_norm_of(model)
    pruned_first = [run for run in runs if (model, run.task) in study.pruned_first]
    if model in study.frozen_models:
        yield from (Job("finetune_frozen", extended(run, arm=in_path(arm))) for run in runs for arm in study.freezing.arms)
    for run in pruned_first:
        before = extended(run, unit="head", criterion=TRANSFERRED)
        yield from (Job("finetune_pruned", extended(before, point=str(part))) for part in study.before_after.fractions)
    yield from (Job("estimate_importance", run) for run in asked)
    yield from (Job("normalize_importance", extended(run, norm=each)) for run in asked for each in study.norms_of(model))
    for run in asked:
        for each in study.norms_of(model):
            yield Job("prune_curve", extended(run, unit="head", criterion=OWN, norm=each))
    if pruned_first:  # the same heads removed after fine-tuning, on every task
        yield from (Job("prune_curve", extended(run, unit="head", criterion=TRANSFERRED, norm=norm)) for run in runs)
    if model in study.layer_models:
        for unit in study.layers.units:
            for criterion in study.layers.criteria:
                yield from (Job("prune_curve", extended(run, unit=unit, criterion=criterion, norm="none")) for run in asked)
    if model in study.compared_models:
        yield from (Job("measure_divergence", run) for run in runs)


def _of_languages(study: Study, model: str) -> Iterator[Job]:
    """The study of the model in several languages, or beside the one that is."""
    asked, multilingual = study.languages, model == study.multilingual_model
    removals = [("head", RANDOM, point) for point in asked.points]
    layers = [("layer_heads", SET, point) for point in asked.layer_points]
    for run in (About(model, task, seed) for task in study.language_tasks for seed in study.seeds):
        transferred = multilingual and run.task == asked.trained_as
        if transferred:
            yield Job("score_languages", run)
        for unit, criterion, point in [*removals, *(layers if transferred else [])]:
            rule = "transfer_pruned" if transferred else "finetune_pruned"
            yield Job(rule, extended(run, unit=unit, criterion=criterion, point=point))
        if model not in study.head_models:
            yield Job("measure_divergence", run)


def _of_weights(study: Study, model: str) -> Iterator[Job]:
    """The study of the model's single weights."""
    asked = study.weights
    points = [("magnitude", fraction) for fraction in asked.fractions] + [("random", fraction) for fraction in asked.random]
    runs = [About(model, task, seed) for task in study.weight_tasks for seed in study.seeds]
    if set(asked.arms) - {"after"}:
        for seed in study.seeds:
            for criterion, fraction in points:
                yield Job("pretrain_sparse", About(model, seed=seed, criterion=criterion, fraction=str(fraction)))
    for run in runs:
        for arm in asked.arms:
            for criterion, fraction in points:
                if criterion == "magnitude" or arm == "retrained":
                    yield Job("finetune_sparse", extended(run, criterion=criterion, fraction=str(fraction), arm=arm))
    for run in [*runs, *(About(model, MASKED_LM, seed) for seed in study.seeds)]:
        for criterion in ("magnitude", "pretrain_magnitude", "random"):
            if criterion != "pretrain_magnitude" or run.task != MASKED_LM:
                yield Job("prune_weights", extended(run, criterion=criterion))
    yield from (Job("measure_movement", run) for run in runs)


def _fine_tuned_by(study: Study, run: About) -> str:
    return "finetune" if study.finetuned(str(run.model), str(run.task)) is None else "fetch_finetuned"
