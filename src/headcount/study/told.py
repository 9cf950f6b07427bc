"""What the jobs of a study are told: the config's settings, resolved for one job, by the option of its script.

A job's result depends on what it is told, on what it reads, and on the code that it reaches.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any

from pydantic import BaseModel

from headcount.settings.study import Study
from headcount.study import resolved
from headcount.study.about import About as About
from headcount.study.resolved import given
from headcount.study.resolved import shown_models as shown_models

Told = Callable[[Study, About], Any]
"""From the study and what a job is about to one of its options."""

DEVICE: dict[str, Told] = {"device": lambda study, _: study.device}
ASKING: dict[str, Told] = {**DEVICE, "budget": lambda study, _: study.batch_tokens}
OF_STUDY: dict[str, Told] = {"study": lambda study, _: study.study}
FINE_TUNING: dict[str, Told] = {"run": resolved.base_run, "recipe": resolved.recipe, **ASKING}
OPTIONS: dict[str, dict[str, Told]] = {
    "write_world_task": {
        "task": lambda _, about: about.task,
        "seed": lambda study, _: study.world.seed,
        "train": lambda study, about: study.world.train[given(about.task)],
        "validation": lambda study, _: study.world.validation,
        "noise": lambda study, about: study.world.label_noise.get(given(about.task), 0.0),
    },
    "write_world_corpus": {
        "seed": lambda study, _: study.world.seed,
        "first": lambda study, _: study.world.first_article,
        "articles": lambda study, _: study.world.articles,
        "languages": lambda study, _: study.world.languages,
        "translated": lambda study, _: study.world.translated if study.world.multilingual else 0.0,
    },
    "prepare_task": {
        "task": lambda _, about: about.task,
        "settings": lambda study, about: study.datasets.get(given(about.task), study.glue),
    },
    "write_world_languages": {
        "seed": lambda study, _: study.world.seed,
        "examples": lambda study, _: study.languages.test.examples,
        "languages": lambda study, _: study.languages.test.languages,
    },
    "prepare_languages": {"settings": lambda study, _: study.languages.test},
    "sample_corpus": {"settings": lambda study, _: study.corpus},
    "cut_blocks": {"block_tokens": lambda study, _: given(study.mlm).block_tokens},
    "fetch_model": {"model": lambda _, about: about.model, "encoder": resolved.encoder},
    "fetch_original": {"model": lambda _, about: about.model, "encoder": resolved.original},
    "pretrain_model": {"encoder": resolved.encoder, **DEVICE},
    "pretrain_further": {"model": lambda _, about: about.model, "encoder": resolved.encoder, **DEVICE},
    "fetch_finetuned": {"run": resolved.base_run, "family": resolved.family, "finetuned": resolved.finetuned, **ASKING},
    "finetune": FINE_TUNING,
    "finetune_frozen": {
        **FINE_TUNING,
        "layers": lambda study, _: study.freezing.layers,
        "arm": lambda _, about: about.arm,
    },
    "finetune_pruned": {**FINE_TUNING, "removal": resolved.removal},
    "transfer_pruned": {**FINE_TUNING, "removal": resolved.removal},
    "score_languages": {"run": resolved.own_run, "settings": resolved.language_settings, **ASKING},
    "estimate_importance": {"run": resolved.base_run, "settings": resolved.importance_sample, **ASKING},
    "normalize_importance": {"norm": lambda _, about: about.norm},
    "prune_curve": {"name": resolved.curve_name, "settings": resolved.curve_settings, **ASKING},
    "measure_divergence": {"run": resolved.base_run, "settings": resolved.divergence_sample, **ASKING},
    "measure_features": {**OF_STUDY, "model": lambda _, about: about.model, "settings": resolved.outlier_bounds},
    "ablate_features": {"run": resolved.own_run, "settings": resolved.ablation_settings, **ASKING},
    "follow_features": {"run": resolved.pretraining_run, "settings": resolved.follow_settings, **ASKING},
    "pretrain_sparse": {"run": resolved.masked_run, "settings": resolved.sparse_pretraining, **ASKING},
    "finetune_sparse": {**FINE_TUNING, "recipe": resolved.sparse_recipe, "point": resolved.sparse_point},
    "prune_weights": {"run": resolved.own_run, "settings": resolved.weight_curve, **ASKING},
    "measure_movement": {
        "run": resolved.base_run,
        "fractions": lambda study, _: [each for each in study.weights.fractions if each],
    },
    "tabulate_weights": OF_STUDY,
    "tabulate_languages": {
        **OF_STUDY,
        "source": lambda study, _: study.languages.source_language,
        "facts": resolved.language_facts,
    },
    "compare_readings": {
        "run": resolved.own_run,
        "norm": lambda study, about: study.transfer_norm_of(given(about.model)),
        "settings": resolved.readings_settings,
        **ASKING,
    },
    "tabulate_reliability": OF_STUDY,
    "tabulate_recall": {**OF_STUDY, "settings": lambda study, _: study.transfer},
    "tabulate_freezing": OF_STUDY,
    "tabulate_before_after": OF_STUDY,
    "tabulate_divergence": OF_STUDY,
    "tabulate_scores": OF_STUDY,
    "draw_figure": {"figure": lambda _, about: about.figure, "study": resolved.shown},
    "judge_claims": {"settings": resolved.judged},
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
