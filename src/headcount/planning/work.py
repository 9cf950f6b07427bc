"""The work that each job of a study gives a network to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property, partial
from itertools import pairwise
from typing import Any, Literal

from headcount.criteria import OWN
from headcount.data.tasks import MASKED_LM
from headcount.freezing import ARMS
from headcount.models.removal import layers as layers_of
from headcount.order.points import count_of, points
from headcount.planning.flops import DIVERGENCE_PASSES, PerToken, Shape, body, frozen_training, vocabulary
from headcount.planning.load import Kind, Work
from headcount.planning.published import shape_in
from headcount.planning.sizes import Reading, Sizes, Split, steps
from headcount.settings.job_settings import Removal
from headcount.settings.models import MaskedTraining
from headcount.settings.study import Study
from headcount.study.resolved import given, language_settings, removal
from headcount.study.shared_points import known_ends
from headcount.study.told import About

OUTLIERS = 2
"""Outlier features that a model is planned with: those of BERT-base and RoBERTa-base (Kovaleva et al. 2021)."""


class ModelWork:
    """The work of the jobs about one model of the study."""

    def __init__(self, study: Study, model: str, sizes: Sizes) -> None:
        self.study = study
        self.model = model
        self.sizes = sizes
        self.encoder = study.encoders[model]
        self.blocks = sizes.blocks(model, study.mlm.block_tokens) if study.mlm else None

    @cached_property
    def shape(self) -> Shape | None:
        return shape_in(self.study, self.model)

    def of(self, rule: str, about: About) -> tuple[Work, ...]:
        """The work of one job; none of a job that runs no network."""
        task = about.task or ""
        if rule in ("pretrain_model", "pretrain_further"):
            return (self._pretraining(),)
        if rule == "finetune":
            return self._finetuning(task)
        if rule == "fetch_finetuned":
            return (self._scoring(task),)
        if rule == "finetune_frozen":
            return self._finetuning(task, frozen=self.study.freezing.layers, arm=about.arm or "")
        if rule in ("finetune_pruned", "transfer_pruned"):
            gone = self._removed(removal(self.study, about))
            asked = [self._languages(task, [gone])] if rule == "transfer_pruned" else []
            return *self._finetuning(task, removed=gone), *asked
        if rule == "score_languages":
            removals = language_settings(self.study, about).removals
            return (self._languages(task, [0.0, *map(self._removed, removals)]),)
        if rule == "pretrain_sparse":
            return self._sparse_pretraining()
        if rule == "finetune_sparse":
            return self._finetuning(task, sparse=(about.arm, float(about.fraction or 0)))
        if rule == "prune_weights":
            return (self._weight_curve(task, about),)
        if rule == "estimate_importance":
            return (self._importance(task),)
        if rule == "prune_curve":
            return self._curve(task, about)
        others = {"ablate_features": self._ablation, "measure_divergence": self._divergence, "follow_features": self._following}
        return (others[rule](task),) if rule in others else ()

    # -------------------------------------------------------------------------------------------------------- work

    def _work(
        self, kind: Kind, reading: Reading | None, flops: Callable[[Shape, float], float], batches: float | None = None
    ) -> Work:
        """Work of ``flops(shape, length)`` a token on all that is read: in batches of the budget, or so many of one length."""
        if reading is None:
            return Work(kind, None, None, 0.0)
        if self.shape is None:
            return Work(kind, reading.tokens, None, 0.0)
        total, padding = reading.tokens * flops(self.shape, reading.length), 1.0
        if batches is None:
            padding = reading.padding(self.study.batch_tokens)
            batches = max(1.0, padding * reading.examples * reading.length / self.study.batch_tokens) * reading.times
        return Work(kind, reading.tokens, total, batches * self.shape.layers, padding=padding)

    def _pretraining(self) -> Work:
        settings = self.encoder.pretrain
        assert settings is not None
        return self._masked_training(settings)

    def _masked_training(self, settings: MaskedTraining) -> Work:
        blocks = self.sizes.blocks(self.model, settings.block_tokens)
        read = blocks and Reading(settings.steps * settings.batch, blocks.length)

        def flops(shape: Shape, length: float) -> float:
            return body(shape, length).training + settings.mask * vocabulary(shape).training

        return self._moved(self._work("training", read, flops, settings.steps), settings.steps)

    def _sparse_pretraining(self) -> tuple[Work, ...]:
        """As dense as any: a weight that is zero is multiplied with, too. And what the held-out blocks are asked."""
        settings = self.study.weights.pretrain
        blocks = self.sizes.blocks(self.model, settings.block_tokens)
        trained = self._masked_training(settings)
        asked = blocks and blocks.sample(settings.held_out, given(self.study.mlm).max_blocks)
        return trained, self._work("scoring", asked, partial(self._whole_model, MASKED_LM))

    def _weight_curve(self, task: str, about: About) -> Work:
        points = len({*self.study.weights.fractions, 1.0} - known_ends(self.study, "prune_weights", about))
        read = self._asked(task, "validation", self.study.pruning.validation_fractions, None)
        again = read and read.again(points)
        return self._work("scoring", again, partial(self._whole_model, task))

    def _finetuning(
        self, task: str, frozen: int = 0, arm: str = "", removed: float = 0.0, sparse: tuple[Any, float] | None = None
    ) -> tuple[Work, ...]:
        """Training, and the score on the validation set."""
        recipe = self.study.recipe(self.model, task)
        if sparse and (epochs := self.study.weights.epochs(*sparse)):
            recipe = recipe.model_copy(update={"epochs": epochs, "steps": None})
        train = self.sizes.task(self.model, task, "train")
        count = recipe.steps or steps(train.examples, recipe.batch, recipe.epochs or 0)
        read = Reading(recipe.steps * recipe.batch if recipe.steps else train.examples * (recipe.epochs or 0), train.length)

        def training(shape: Shape, length: float) -> float:
            if frozen:
                return frozen_training(shape, length, frozen, ARMS[arm].embeddings)
            return body(shape, length, removed).training

        at_once = recipe.batch / (recipe.micro_batch or recipe.batch)
        trained = self._work("training", read, training, count * at_once)
        return self._moved(trained, count), self._scoring(task, removed)

    def _moved(self, work: Work, steps: float) -> Work:
        """The same with an optimiser's steps, each of which moves every parameter; those that are frozen cost little."""
        return replace(work, updates=steps * self.shape.parameters) if self.shape else work

    def _removed(self, gone: Removal) -> float:
        """Which part of the heads goes."""
        if gone.fraction is not None:
            return self._whole(gone.fraction)
        count = self.shape.layers if self.shape else 0
        return len(layers_of(gone, count)) / count if count else 0.0

    def _languages(self, task: str, shares: list[float]) -> Work:
        """The test sets of all languages, asked with each of these parts of the heads gone."""
        read = self.sizes.languages(self.model, task)
        again = read.again(len(shares))

        def forward(shape: Shape, length: float) -> float:
            return sum(body(shape, length, removed).forward for removed in shares) / len(shares)

        return self._work("scoring", again, forward)

    def _scoring(self, task: str, removed: float = 0.0) -> Work:
        """The score on the validation set."""
        read = self.sizes.task(self.model, task, "validation")
        return self._work("scoring", read, lambda shape, length: body(shape, length, removed).forward)

    def _importance(self, task: str, removed: float = 0.0) -> Work:
        asked = self.study.importance
        read = self._asked(task, "train", asked.fractions, asked.max_examples)
        return self._work("importance", read, lambda shape, length: self._answer(task, shape, length, removed, "importance"))

    def _curve(self, task: str, about: About) -> tuple[Work, ...]:
        """A score at every point but known ends; where importance is estimated anew, an estimate before all points but one."""
        read = self._asked(task, "validation", self.study.pruning.validation_fractions, None)
        shares = self._shares(about.unit or "head")
        asked = sorted({*shares} - known_ends(self.study, "prune_curve", about))

        def score(shape: Shape, length: float) -> float:
            return sum(self._left(task, shape, length, removed, about.unit) for removed in asked) / max(1, len(asked))

        curve = self._work("scoring", read and read.again(len(asked)), score)
        again = (about.unit, about.criterion, self.study.pruning.schedule) == ("head", OWN, "iterative")
        return curve, *(self._importance(task, removed) for removed, _ in pairwise(shares) if again)

    def _ablation(self, task: str) -> Work:
        """The whole model, its means, and every trial; how many outliers there are is not known before: ``OUTLIERS``."""
        asked = self.study.outliers
        times = 2 + (OUTLIERS + 1) * len(asked.replace) + asked.draws
        read = self._asked(task, "validation", self.study.pruning.validation_fractions, None)
        again = read and read.again(times)
        return self._work("scoring", again, partial(self._whole_model, task))

    def _whole_model(self, task: str, shape: Shape, length: float) -> float:
        return self._answer(task, shape, length, 0.0, "forward")

    def _following(self, task: str) -> Work:
        read = self.blocks and self.blocks.sample(at_most=given(self.study.mlm).max_blocks)
        again = read and read.again(len(self.encoder.snapshots))
        return self._work("scoring", again, partial(self._whole_model, MASKED_LM))

    def _left(self, task: str, shape: Shape, length: float, removed: float, unit: str | None) -> float:
        """FLOPs of a token once a share of the units is gone: a layer that is skipped costs nothing."""
        if unit == "layer":
            whole, none = (self._answer(task, shape, length, 0.0, "forward", layers) for layers in (shape.layers, 0))
            return none + (1 - removed) * (whole - none)
        return self._answer(task, shape, length, removed, "forward")

    def _divergence(self, task: str) -> Work:
        asked = self.study.divergence
        read = self._sampled(task, asked.data, asked.fractions, asked.max_examples)
        again = read.again(DIVERGENCE_PASSES)
        return self._work("divergence", again, lambda shape, length: body(shape, length).forward)

    # ------------------------------------------------------------------------------------------------ what is asked

    def _asked(self, task: str, split: Split, fractions: Mapping[Any, float], at_most: int | None) -> Reading | None:
        if task == MASKED_LM:
            return self.blocks and self.blocks.sample(at_most=given(self.study.mlm).max_blocks)
        return self._sampled(task, split, fractions, at_most)

    def _sampled(self, task: str, split: Split, fractions: Mapping[Any, float], at_most: int | None) -> Reading:
        return self.sizes.task(self.model, task, split).sample(fractions.get(task, 1.0), at_most)

    def _answer(
        self,
        task: str,
        shape: Shape,
        length: float,
        removed: float,
        way: Literal["forward", "importance"],
        layers: int | None = None,
    ) -> float:
        """FLOPs of a token, with its share of what is predicted for the masked ones."""
        masked = given(self.study.mlm).mask if task == MASKED_LM else 0.0
        per_masked: PerToken = vocabulary(shape)
        return float(getattr(body(shape, length, removed, layers), way) + masked * getattr(per_masked, way))

    def _heads(self) -> int | None:
        return self.shape.all_heads if self.shape else self.encoder.heads

    def _whole(self, fraction: float) -> float:
        """A share of the heads, in whole heads."""
        heads = self._heads()
        return count_of(fraction, heads) / heads if heads else fraction

    def _shares(self, unit: str) -> list[float]:
        """The shares of units removed at a curve's points; a model of unknown size counts as large."""
        layers = self.shape.layers if self.shape else None
        units = (self._heads() if unit == "head" else layers) or 10_000
        return [count / units for count in points(units, self.study.pruning.step, self.study.pruning.every_head_up_to)]
