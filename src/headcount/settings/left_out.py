"""What cannot be asked in a study that leaves masked LM out, or of a model that comes fine-tuned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from headcount.criteria import CRITERIA

if TYPE_CHECKING:
    from headcount.settings.study import Study

OUT = "which this study leaves out (`mlm: null`)"


def check(study: Study) -> None:
    """See that nothing is asked that needs masked LM, a corpus, a pre-trained model or a recipe where there is none.

    Raises:
        ValueError: the first key at fault, why, and what is allowed.
    """
    for fault in _faults(study):
        raise ValueError(fault)


def check_source(study: Study, model: str, task: str) -> None:
    """See that a model which is to be fine-tuned has one to start from.

    Raises:
        ValueError: it has none.
    """
    if study.encoders[model].finetuned_alone:
        raise ValueError(
            f"encoders.{model}.source: missing, and with it the model that is fine-tuned for {task}; give it, or a model that"
            f" is fine-tuned already (encoders.{model}.finetuned.{task}), or leave the task out of `tasks`"
        )


def said(study: Study) -> dict[str, Any]:
    """What verdicts are told of it: ``mlm``, null, and the models that come fine-tuned, without the pre-trained one."""
    alone = [model for model in study.models if study.encoders[model].finetuned_alone]
    return {**({"mlm": None} if study.mlm is None else {}), **({"finetuned_alone": alone} if alone else {})}


def _faults(study: Study) -> Iterator[str]:
    yield from _of_masked_lm(study)
    yield from _of_models_that_come_fine_tuned(study)
    if study.corpus is None and study.reads_corpus:
        made = next((model for model in study.models if study.encoders[model].pretrain), None)
        why = f"encoders.{made}.pretrain learns from it" if made else "masked LM is asked about it; `mlm: null` leaves that out"
        yield f"corpus: missing; {why}"


def _of_masked_lm(study: Study) -> Iterator[str]:
    """What needs masked LM where it is left out, or a pre-trained model that is asked it where there is none."""
    if study.mlm is not None:
        for model in study.masked_models:
            if study.encoders[model].finetuned_alone:
                yield (
                    f"encoders.{model}.source: missing, and masked LM is asked of the pre-trained model; give it, or leave"
                    " masked LM out (`mlm: null`)"
                )
        return
    for model, _ in study.pruned_first:
        yield f"before_after.models: {model!r} would lose heads in masked LM's order, {OUT}; leave it out"
    for model in study.weight_models:
        yield f"weights.models: {model!r} would go on with masked LM, {OUT}; leave it out"
    for model in study.models:
        if study.encoders[model].snapshots:
            yield f"encoders.{model}.pretrain.snapshots: they are asked masked LM, {OUT}; allowed is []"
    for criterion in study.layers.criteria if study.layer_models else []:
        if CRITERIA[criterion].importance_on == "pretrain":
            yield f"layers.criteria: {criterion!r} is importance on masked LM, {OUT}; leave it out"


def _of_models_that_come_fine_tuned(study: Study) -> Iterator[str]:
    """What would fine-tune them again, take one for several, or read the pre-trained model where there is none."""
    for model in study.tuned_models:
        for task, own in study.encoders[model].finetuned.items():
            if task in study.tasks and "{seed}" not in own.source and len(study.seeds) > 1:
                yield (
                    f"encoders.{model}.finetuned.{task}.source: one model cannot stand for {len(study.seeds)} seeds; write"
                    " {seed} where the names of several differ, or give one of `seeds`"
                )
    again = [("freezing.models", model, task) for model in study.frozen_models for task in study.tasks]
    again += [("before_after.models", model, task) for model, task in study.pruned_first]
    again += [("weights.models", model, task) for model in study.weight_models for task in study.weight_tasks]
    role = {study.languages.multilingual: "languages.multilingual", study.languages.monolingual: "languages.monolingual"}
    again += [(role[model], model, task) for model in study.language_models for task in study.language_tasks]
    for key, model, task in again:
        if study.finetuned(model, task) is not None:
            yield (
                f"{key}: {model!r} comes fine-tuned for {task} (encoders.{model}.finetuned), so that there is no"
                " recipe by which it could be fine-tuned otherwise; leave it out"
            )
    for model in study.outlier_models:
        if study.encoders[model].finetuned_alone:
            yield (
                f"outliers.models: the LayerNorms of {model!r} are read in the pre-trained model, and there is none;"
                f" give encoders.{model}.source, or leave it out"
            )
