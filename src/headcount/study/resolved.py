"""The config's settings, resolved for one job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from headcount.criteria import OWN, RANDOM, SET
from headcount.data.origins import EMBEDDED, ENCODERS, LANGUAGE_FACTS, PUBLISHED
from headcount.data.tasks import MASKED_LM
from headcount.figures import FIGURES, Shown
from headcount.settings import left_out
from headcount.settings.job_settings import (
    AblationSettings,
    CurveName,
    CurvePoints,
    CurveSettings,
    FollowSettings,
    ImportanceSample,
    LanguageSettings,
    OutlierBounds,
    ReadingsSettings,
    Removal,
    RunName,
    Sample,
    SparsePoint,
    SparsePretraining,
    WeightCurve,
)
from headcount.settings.languages import PARTS
from headcount.settings.models import FineTuned
from headcount.settings.study import Study
from headcount.study.about import About as About
from headcount.study.about import extended


def base_run(study: Study, about: About) -> RunName:
    """The run of a job whose result the study shares with its base: both tell it the same words."""
    return RunName(study=study.base or study.study, model=given(about.model), task=given(about.task), seed=given(about.seed))


def own_run(study: Study, about: About) -> RunName:
    return base_run(study, about).model_copy(update={"study": study.study})


def curve_name(study: Study, about: About) -> CurveName:
    names = {"unit": given(about.unit), "criterion": given(about.criterion), "norm": given(about.norm)}
    return CurveName(**dict(own_run(study, about)), **names)


def sample(study: Study, about: About, fractions: Mapping[Any, float], at_most: int | None) -> Sample:
    """Which examples of a task a job asks the model about, and how it puts them."""
    if about.task == MASKED_LM:
        return Sample(at_most=given(study.mlm).max_blocks, mask=given(study.mlm).mask)
    length = study.max_length(given(about.model), given(about.task))
    return Sample(fraction=fractions.get(about.task, 1.0), at_most=at_most, max_length=length)


def importance_sample(study: Study, about: About) -> ImportanceSample:
    asked = study.importance
    chosen = sample(study, about, asked.fractions, asked.max_examples)
    return ImportanceSample(**dict(chosen), estimator=asked.estimator, batch=asked.batch)


def curve_points(study: Study, about: About) -> CurvePoints:
    return CurvePoints(
        score=sample(study, about, study.pruning.validation_fractions, None),
        importance=importance_sample(study, about),
        step=study.pruning.step,
        every_unit_up_to=study.pruning.every_head_up_to,
    )


def curve_settings(study: Study, about: About) -> CurveSettings:
    """Only the task's own order of heads is estimated again after each step: another task's is what it is."""
    own = (about.unit, about.criterion) == ("head", OWN)
    return CurveSettings(**dict(curve_points(study, about)), schedule=study.pruning.schedule if own else "one_shot")


def readings_settings(study: Study, about: About) -> ReadingsSettings:
    return ReadingsSettings(**dict(curve_points(study, about)), level=study.transfer.downstream_level)


def divergence_sample(study: Study, about: About) -> Sample:
    return sample(study, about, study.divergence.fractions, study.divergence.max_examples)


def shown(study: Study, about: About) -> Shown:
    """What a figure is told of the study."""
    return Shown(
        study=study.study,
        models=shown_models(study, FIGURES[given(about.figure)].models),
        tasks=study.tasks,
        norms=tuple(study.norms),
        shared=tuple(model for model in study.models if study.encoders[model].shared),
        crossing=study.transfer.crossing,
        bounds=outlier_bounds(study, about) if "features" in FIGURES[given(about.figure)].inputs else None,
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
        "with_weights": study.weight_models,
        "with_languages": study.language_models,
        "multilingual": [study.multilingual_model] if study.multilingual_model else [],
        "followed": [model for model in study.models if study.encoders[model].snapshots],
    }
    return kinds[kind]


def outlier_bounds(study: Study, about: About) -> OutlierBounds:
    return OutlierBounds(sigma=study.outliers.sigma, share=study.outliers.share, joint=study.outliers.joint)


def ablation_settings(study: Study, about: About) -> BaseModel:
    """The examples are those of a pruning curve."""
    asked = sample(study, about, study.pruning.validation_fractions, None)
    return AblationSettings(score=asked, draws=study.outliers.draws, replace=study.outliers.replace)


def removal(study: Study, about: About) -> Removal:
    """What a model loses before it is fine-tuned, by the point's name."""
    asked, point = study.languages, given(about.point)
    told: dict[str, Any] = {"point": point, "unit": given(about.unit), "criterion": given(about.criterion)}
    if about.criterion == RANDOM:
        share, _, draw = point.rpartition("-")
        return Removal(**told, fraction=float(share), draw=int(draw))
    if about.criterion != SET:
        return Removal(**told, fraction=float(point))
    if point not in asked.set_points:
        return Removal(**told, layers=[int(point.removeprefix("layer-"))])
    if isinstance(asked.sets, dict):
        return Removal(**told, layers=asked.sets[point])
    parts = PARTS[asked.sets]
    return Removal(**told, part=(parts.index(point), len(parts)))


def language_settings(study: Study, about: About) -> LanguageSettings:
    """Everything that is removed before fine-tuning is removed after it, too."""
    asked = study.languages
    points = [("head", RANDOM, point) for point in asked.points] + [("layer_heads", SET, point) for point in asked.layer_points]
    every = [removal(study, extended(about, unit=unit, criterion=criterion, point=point)) for unit, criterion, point in points]
    return LanguageSettings(max_length=study.max_length(given(about.model), given(about.task)), removals=every)


def language_facts(study: Study, about: About) -> dict[str, dict[str, Any]]:
    """What is known of the languages that are asked; of the embedded world's, how much of each the encoder has read."""
    asked, encoder = study.languages, study.encoders[given(study.multilingual_model)]
    if asked.test.source != EMBEDDED:
        found = LANGUAGE_FACTS[PUBLISHED](asked.test.languages, None)
    else:
        own = ENCODERS.get(str(encoder.source))
        read = {code: round(share * study.world.articles) for code, share in study.world.languages.items()}
        found = LANGUAGE_FACTS[EMBEDDED](asked.test.languages, own.articles(encoder.family) if own else read)
    return {code: vars(facts) for code, facts in found.items()}


def sparse_pretraining(study: Study, about: About) -> BaseModel:
    asked = study.weights
    return SparsePretraining(
        **{**dict(asked.pretrain), "seed": given(about.seed)},
        criterion=given(about.criterion),
        fraction=float(given(about.fraction)),
        scope=asked.scope,
        score=sample(study, extended(about, task=MASKED_LM), {}, None),
    )


def masked_run(study: Study, about: About) -> BaseModel:
    return base_run(study, extended(about, task=MASKED_LM))


def sparse_point(study: Study, about: About) -> BaseModel:
    told = {"criterion": given(about.criterion), "fraction": float(given(about.fraction)), "arm": given(about.arm)}
    return SparsePoint(**told, scope=study.weights.scope)


def sparse_recipe(study: Study, about: About) -> BaseModel:
    """The recipe with the arm's own epochs."""
    recipe = study.recipe(given(about.model), given(about.task))
    epochs = study.weights.epochs(given(about.arm), float(given(about.fraction)))
    return recipe if epochs is None else recipe.model_copy(update={"epochs": epochs, "steps": None})


def weight_curve(study: Study, about: About) -> BaseModel:
    asked = study.weights
    score = sample(study, about, study.pruning.validation_fractions, None)
    return WeightCurve(criterion=given(about.criterion), fractions=asked.fractions, scope=asked.scope, score=score)


def pretraining_run(study: Study, about: About) -> BaseModel:
    """The masks are those of the first seed."""
    return RunName(study=study.study, model=given(about.model), task=MASKED_LM, seed=study.seeds[0])


def follow_settings(study: Study, about: About) -> BaseModel:
    return FollowSettings(score=sample(study, extended(about, task=MASKED_LM), {}, None), bounds=outlier_bounds(study, about))


def judged(study: Study, about: About) -> dict[str, Any]:
    """Of the studies beside that of heads the models alone, the one that claims are about first; nothing of one that is not."""
    asked = study.model_dump(mode="json", include={"study", "roles", "transfer", "pruning"})
    models = {
        part: [model for model in getattr(study, part).models if model in study.models] for part in ("outliers", "weights")
    }
    told = {**asked, **{part: {"models": chosen} for part, chosen in models.items() if chosen}, **left_out.said(study)}
    if study.multilingual_model is None:
        return told
    monolingual = next((model for model in study.language_models if model != study.multilingual_model), None)
    both = {"multilingual": study.multilingual_model, "monolingual": monolingual}
    return {**told, "languages": {**both, "tasks": study.language_tasks}}


def recipe(study: Study, about: About) -> BaseModel:
    return study.recipe(given(about.model), given(about.task))


def encoder(study: Study, about: About) -> BaseModel:
    return study.encoders[given(about.model)].alone


def original(study: Study, about: About) -> BaseModel:
    found: BaseModel = given(study.encoders[given(about.model)].fetched)
    return found


def family(study: Study, about: About) -> str:
    return study.encoders[given(about.model)].family


def finetuned(study: Study, about: About) -> BaseModel:
    own: FineTuned = given(study.finetuned(given(about.model), given(about.task)))
    return own.of_seed(given(about.seed))


def given(value: Any) -> Any:
    assert value is not None, "a job of this rule is always about one"
    return value
