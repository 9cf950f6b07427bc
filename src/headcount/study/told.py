"""What the jobs of a study are told: the config's settings, resolved for one job, by the option of its script.

A job's result depends on what it is told, on what it reads, and on the code that it reaches.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from pydantic import BaseModel

from headcount.criteria import OWN, TRANSFERRED
from headcount.data.tasks import MASKED_LM
from headcount.figures import FIGURES, Shown
from headcount.settings.job_settings import (
    AblationSettings,
    CurveName,
    CurvePoints,
    CurveSettings,
    FollowSettings,
    ImportanceSample,
    OutlierBounds,
    ReadingsSettings,
    RunName,
    Sample,
)
from headcount.settings.models import FineTuned
from headcount.settings.study import Study
from headcount.study.about import About as About

# ------------------------------------------------------------------------------------------------------------ settings


def base_run(study: Study, about: About) -> RunName:
    """The run of a job whose result the study shares with its base: both tell it the same words."""
    return RunName(study=study.base or study.study, model=_(about.model), task=_(about.task), seed=_(about.seed))


def own_run(study: Study, about: About) -> RunName:
    return base_run(study, about).model_copy(update={"study": study.study})


def curve_name(study: Study, about: About) -> CurveName:
    names = {"unit": _(about.unit), "criterion": _(about.criterion), "norm": _(about.norm)}
    return CurveName(**dict(own_run(study, about)), **names)


def sample(study: Study, about: About, fractions: Mapping[Any, float], at_most: int | None) -> Sample:
    """Which examples of a task a job asks the model about, and how it puts them."""
    if about.task == MASKED_LM:
        return Sample(at_most=study.mlm.max_blocks, mask=study.mlm.mask)
    length = study.max_length(_(about.model), _(about.task))
    return Sample(fraction=fractions.get(about.task, 1.0), at_most=at_most, max_length=length)


def importance_sample(study: Study, about: About) -> ImportanceSample:
    asked = study.importance
    chosen = sample(study, about, asked.fractions, asked.max_examples)
    return ImportanceSample(**dict(chosen), estimator=asked.estimator, batch=asked.batch)


def _points(study: Study, about: About) -> CurvePoints:
    return CurvePoints(
        score=sample(study, about, study.pruning.validation_fractions, None),
        importance=importance_sample(study, about),
        step=study.pruning.step,
        every_unit_up_to=study.pruning.every_head_up_to,
    )


def curve_settings(study: Study, about: About) -> CurveSettings:
    """Only the task's own order of heads is estimated again after each step: another task's is what it is."""
    own = (about.unit, about.criterion) == ("head", OWN)
    return CurveSettings(**dict(_points(study, about)), schedule=study.pruning.schedule if own else "one_shot")


def readings_settings(study: Study, about: About) -> ReadingsSettings:
    return ReadingsSettings(**dict(_points(study, about)), level=study.transfer.downstream_level)


def divergence_sample(study: Study, about: About) -> Sample:
    return sample(study, about, study.divergence.fractions, study.divergence.max_examples)


def shown(study: Study, about: About) -> Shown:
    """What a figure is told of the study."""
    return Shown(
        study=study.study,
        models=shown_models(study, FIGURES[_(about.figure)].models),
        tasks=study.tasks,
        norms=tuple(study.norms),
        shared=tuple(model for model in study.models if study.encoders[model].shared),
        crossing=study.transfer.crossing,
        bounds=_bounds(study, about) if "features" in FIGURES[_(about.figure)].inputs else None,
    )


def shown_models(study: Study, kind: str) -> list[str]:
    """The studied models that a figure of a kind shows (``headcount.figures.Figure``), in the study's order."""
    pruned_first = {model for model, _ in study.pruned_first}
    kinds: dict[str, list[str]] = {
        "all": study.head_models or study.tuned_models,
        "main": [model for model in study.head_models if model == study.roles.main] or study.head_models[:1],
        "without_appendix": [model for model in study.head_models if model != study.roles.appendix] or study.head_models,
        "appendix": [model for model in study.head_models if model == study.roles.appendix],
        "pruned_first": [model for model in study.models if model in pruned_first],
        "without_layers": study.layer_models,
        "with_features": study.outlier_models,
        "followed": [model for model in study.models if study.encoders[model].snapshots],
    }
    return kinds[kind]


def _bounds(study: Study, about: About) -> OutlierBounds:
    return OutlierBounds(sigma=study.outliers.sigma, share=study.outliers.share, joint=study.outliers.joint)


def _ablation(study: Study, about: About) -> BaseModel:
    """The examples are those of a pruning curve."""
    asked = sample(study, about, study.pruning.validation_fractions, None)
    return AblationSettings(score=asked, draws=study.outliers.draws, replace=study.outliers.replace)


def _pretraining_run(study: Study, about: About) -> BaseModel:
    """The masks are those of the first seed."""
    return RunName(study=study.study, model=_(about.model), task=MASKED_LM, seed=study.seeds[0])


def _following(study: Study, about: About) -> BaseModel:
    return FollowSettings(score=Sample(at_most=study.mlm.max_blocks, mask=study.mlm.mask), bounds=_bounds(study, about))


def _judged(study: Study, about: About) -> dict[str, Any]:
    """Of outliers the models alone, the one that claims are about first; nothing where there are none."""
    asked = study.model_dump(mode="json", include={"study", "roles", "transfer", "pruning"})
    models = [model for model in study.outliers.models if model in study.models]
    return {**asked, "outliers": {"models": models}} if models else asked


def _recipe(study: Study, about: About) -> BaseModel:
    return study.recipe(_(about.model), _(about.task))


def _encoder(study: Study, about: About) -> BaseModel:
    return study.encoders[_(about.model)].alone


def _original(study: Study, about: About) -> BaseModel:
    found: BaseModel = _(study.encoders[_(about.model)].fetched)
    return found


def _family(study: Study, about: About) -> str:
    return study.encoders[_(about.model)].family


def _finetuned(study: Study, about: About) -> BaseModel:
    own: FineTuned = _(study.finetuned(_(about.model), _(about.task)))
    return own.of_seed(_(about.seed))


def _(value: Any) -> Any:
    assert value is not None, "a job of this rule is always about one"
    return value


# ------------------------------------------------------------------------------------------------------------- options

Told = Callable[[Study, About], Any]
"""From the study and what a job is about to one of its options."""

DEVICE: dict[str, Told] = {"device": lambda study, _: study.device}
ASKING: dict[str, Told] = {**DEVICE, "budget": lambda study, _: study.batch_tokens}
OF_STUDY: dict[str, Told] = {"study": lambda study, _: study.study}
FINE_TUNING: dict[str, Told] = {"run": base_run, "recipe": _recipe, **ASKING}
OPTIONS: dict[str, dict[str, Told]] = {
    "write_world_task": {
        "task": lambda _, about: about.task,
        "seed": lambda study, _: study.world.seed,
        "train": lambda study, about: study.world.train[_(about.task)],
        "validation": lambda study, _: study.world.validation,
        "noise": lambda study, about: study.world.label_noise.get(_(about.task), 0.0),
    },
    "write_world_corpus": {
        "seed": lambda study, _: study.world.seed,
        "first": lambda study, _: study.world.first_article,
        "articles": lambda study, _: study.world.articles,
    },
    "prepare_task": {"task": lambda _, about: about.task, "settings": lambda study, _: study.glue},
    "sample_corpus": {"settings": lambda study, _: study.corpus},
    "cut_blocks": {"block_tokens": lambda study, _: study.mlm.block_tokens},
    "fetch_model": {"model": lambda _, about: about.model, "encoder": _encoder},
    "fetch_original": {"model": lambda _, about: about.model, "encoder": _original},
    "pretrain_model": {"encoder": _encoder, **DEVICE},
    "pretrain_further": {"model": lambda _, about: about.model, "encoder": _encoder, **DEVICE},
    "fetch_finetuned": {"run": base_run, "family": _family, "finetuned": _finetuned, **ASKING},
    "finetune": FINE_TUNING,
    "finetune_frozen": {
        **FINE_TUNING,
        "layers": lambda study, _: study.freezing.layers,
        "arm": lambda _, about: about.arm,
    },
    "finetune_pruned": {
        **FINE_TUNING,
        "unit": lambda *_: "head",
        "criterion": lambda *_: TRANSFERRED,
        "fraction": lambda _, about: about.fraction,
    },
    "estimate_importance": {"run": base_run, "settings": importance_sample, **ASKING},
    "normalize_importance": {"norm": lambda _, about: about.norm},
    "prune_curve": {"name": curve_name, "settings": curve_settings, **ASKING},
    "measure_divergence": {"run": base_run, "settings": divergence_sample, **ASKING},
    "measure_features": {**OF_STUDY, "model": lambda _, about: about.model, "settings": _bounds},
    "ablate_features": {"run": own_run, "settings": _ablation, **ASKING},
    "follow_features": {"run": _pretraining_run, "settings": _following, **ASKING},
    "compare_readings": {
        "run": own_run,
        "norm": lambda study, about: study.transfer_norm_of(_(about.model)),
        "settings": readings_settings,
        **ASKING,
    },
    "tabulate_reliability": OF_STUDY,
    "tabulate_recall": {**OF_STUDY, "settings": lambda study, _: study.transfer},
    "tabulate_freezing": OF_STUDY,
    "tabulate_before_after": OF_STUDY,
    "tabulate_divergence": OF_STUDY,
    "tabulate_scores": OF_STUDY,
    "draw_figure": {"figure": lambda _, about: about.figure, "study": shown},
    "judge_claims": {"settings": _judged},
    "write_report": {"settings": lambda study, _: study},
}
"""The options of each rule's script that the config decides; the rule itself gives the files."""


def told(study: Study, rule: str, about: About, names: Collection[str] | None = None) -> dict[str, Any]:
    """What a job of ``rule`` is told, by option (all, or those named): numbers, texts, and mappings."""
    names = OPTIONS[rule] if names is None else names
    found = {name: OPTIONS[rule][name](study, about) for name in names}
    return {name: value.model_dump(mode="json") if isinstance(value, BaseModel) else value for name, value in found.items()}


def as_option(value: Any) -> str:
    """What a job is told, as its command line says it."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
