"""Fine-tuning a pre-trained model on a task, with the collapse check."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import torch
from transformers.trainer_utils import set_seed

from headcount import encoders
from headcount.analysis.learnt import learnt
from headcount.data.tasks import Classification
from headcount.data.tokenizer import TextEncoder
from headcount.errors import SourceError
from headcount.families import FAMILIES, longest_text, model_type_of
from headcount.freezing import ARMS
from headcount.models.trainer import BucketedTrainer, ClassificationCollator, Diverged, Rows, arguments, run
from headcount.networks.task_examples import encode, labelled
from headcount.order.outcomes import outcomes_table
from headcount.progress import log

if TYPE_CHECKING:
    from transformers import PreTrainedModel, TrainingArguments
    from transformers.trainer_callback import TrainerCallback

    from headcount.settings.models import Recipe


def classifier(pretrained: Path, task: Classification, recipe: Recipe) -> PreTrainedModel:
    """The pre-trained encoder with a new head for the task, the task's label names, and the recipe's dropout.

    Raises:
        SourceError: the recipe's texts are longer than the model reads.
    """
    model_type = model_type_of(pretrained)
    family = FAMILIES[model_type]
    names = dict(enumerate(task.labels))
    settings: dict[str, Any] = {"id2label": names, "label2id": {name: i for i, name in names.items()}}
    if recipe.dropout is not None:
        settings |= dict.fromkeys(family.dropouts, recipe.dropout)
    if recipe.classifier_dropout is not None and family.classifier_dropout:
        settings[family.classifier_dropout] = recipe.classifier_dropout
    configuration = json.loads((pretrained / "config.json").read_text())
    if recipe.max_length > (longest := longest_text(configuration)):
        raise SourceError(
            f"finetuning: max_length {recipe.max_length} is more than {pretrained} reads at once; allowed is at most {longest}"
        )
    cls = family.model_class(model_type, "ForSequenceClassification")
    told = {"local_files_only": True, "use_safetensors": True, "attn_implementation": family.attention}
    model: PreTrainedModel = cls.from_pretrained(pretrained, **told, **settings)
    if recipe.classifier_dropout is not None and family.classifier_dropout_at:
        model.get_submodule(family.classifier_dropout_at).p = recipe.classifier_dropout
    return model


def freeze(model: PreTrainedModel, layers: int, arm: str) -> None:
    """Hold the ``layers`` lowest layers fixed, and what the arm holds fixed beside them (§5).

    Raises:
        UnknownName: no such arm.
        ValueError: the model shares its layers, or has no more than ``layers``.
    """
    if encoders.family(model).shared:
        raise ValueError(f"freezing.models: {model.config.model_type} shares its layers, so that none can be frozen alone")
    sites = encoders.sites(model)
    if layers >= len(sites):
        raise ValueError(
            f"freezing.layers: {layers} of {len(sites)} layers leave none to fine-tune; allowed is below {len(sites)}"
        )
    beside = [*encoders.embedding(model), *encoders.positions(model)] if ARMS[arm].embeddings else []
    for module in (*beside, *(site.block for site in sites[:layers])):
        module.requires_grad_(False)


def finetune(
    pretrained: Path,
    train: pd.DataFrame,
    task: Classification,
    recipe: Recipe,
    seed: int,
    device: str,
    work: Path,
    change: Callable[[PreTrainedModel], object] = lambda model: None,
    callbacks: Sequence[TrainerCallback] = (),
) -> tuple[PreTrainedModel, list[dict[str, float]]]:
    """The fine-tuned model, in eval mode, and its training log.

    A training that diverges ends there: the model is that of the step before, and the log's last entry says ``diverged``.
    Where memory ends, it begins again from the last saved steps with half as many examples at once.

    Args:
        work: keeps what a killed run resumes from.
        change: done to the pre-trained model first: freezing, pruning.
        callbacks: of the training.
    """
    encoder = TextEncoder(pretrained)
    rows = Rows(encode(train, encoder, recipe.max_length), train["label"].tolist())
    at_once = recipe.micro_batch or recipe.batch
    while True:
        set_seed(seed)
        model = classifier(pretrained, task, recipe)
        change(model)
        args = training_arguments(recipe, seed, device, work, at_once)
        collator = ClassificationCollator(encoder)
        trainer = BucketedTrainer(model, args, train_dataset=rows, data_collator=collator, callbacks=[*callbacks])
        try:
            run(trainer)
        except torch.OutOfMemoryError:
            if at_once == 1:
                raise
        except Diverged as error:
            log.warning(f"{error}; the model of the step before is kept, and the run counts as collapsed")
            return model.eval(), [*trainer.state.log_history, {"step": error.step, "diverged": True}]
        else:
            return model.eval(), trainer.state.log_history
        at_once = max(part for part in range(1, at_once) if recipe.batch % part == 0)
        log.warning(f"out of memory: going on with {at_once} of a step's {recipe.batch} examples at once")
        del model, trainer
        torch.cuda.empty_cache()


def training_arguments(recipe: Recipe, seed: int, device: str, work: Path, at_once: int) -> TrainingArguments:
    """The recipe in the Trainer's words; the gradients of ``at_once`` examples after the other add up to a step's."""
    return arguments(
        work,
        device,
        per_device_train_batch_size=at_once,
        gradient_accumulation_steps=recipe.batch // at_once,
        learning_rate=recipe.learning_rate,
        **({"max_steps": recipe.steps} if recipe.steps else {"num_train_epochs": recipe.epochs}),
        warmup_steps=recipe.warmup_steps if recipe.warmup_steps is not None else (recipe.warmup_ratio or 0.0),
        weight_decay=recipe.weight_decay,
        adam_beta1=recipe.betas[0],
        adam_beta2=recipe.betas[1],
        adam_epsilon=recipe.epsilon,
        max_grad_norm=recipe.max_gradient_norm,
        seed=seed,
        save_steps=recipe.save_steps,
        logging_steps=50,
    )


def metrics(
    model: PreTrainedModel,
    train: pd.DataFrame,
    validation: pd.DataFrame,
    task: Classification,
    encoder: TextEncoder,
    max_length: int,
    budget: int,
    diverged: bool = False,
) -> tuple[dict[str, Any], pd.DataFrame]:
    """The task's score on a validation table, and whether it collapsed: diverged, or has not learnt (``analysis.learnt``).

    Returns:
        What is told of the run, and each example's outcome (``headcount.order.outcomes``).
    """
    examples = labelled(validation, task, encoder, max_length)
    answer = examples.answer(model, budget)
    found = learnt(task, examples.labels, answer.outcomes)
    told = {
        "metric": task.metric_name,
        "score": found.score,
        "loss": answer.loss,
        "standard_error": found.standard_error,
        "constant_score": found.constant_score,
        "collapsed": diverged or not found.learnt,
        "diverged": diverged,
        "train": len(train),
        "validation": len(validation),
    }
    log.info("%(metric)s %(score).3f (best constant answer %(constant_score).3f), collapsed: %(collapsed)s", told)
    named = pd.DataFrame({"example": list(map(str, validation["idx"])), "label": examples.labels})
    return told, outcomes_table(named, [0], [answer])
