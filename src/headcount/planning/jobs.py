"""The jobs of a study, rule by rule as the workflow has them, and the work that each gives a network to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from headcount.order.points import count_of, points
from headcount.planning.flops import PerToken, Shape, body, frozen_training, vocabulary
from headcount.planning.published import EMBEDDED, shape_of
from headcount.planning.sizes import Reading, Sizes, Split, steps
from headcount.settings.study import Study

Kind = Literal["training", "importance", "scoring", "divergence"]
MASKED_LM = "mlm"


@dataclass(frozen=True)
class Work:
    """What a job gives a network to do: one kind of it.

    ``tokens`` is ``None`` where the data's size is unknown, ``flops`` also where the model's shape is; ``passes`` counts the
    layers run, one for every layer and batch, however many tokens are in the batch.
    """

    kind: Kind
    tokens: float | None
    flops: float | None
    passes: float


@dataclass(frozen=True)
class Job:
    """``count`` jobs that are alike. ``model`` and ``task`` are ``None`` where a job is about several, or none."""

    rule: str
    count: int
    model: str | None = None
    task: str | None = None
    work: tuple[Work, ...] = ()

    @property
    def network(self) -> bool:
        """Whether it trains or evaluates a network."""
        return bool(self.work)


def jobs(study: Study, sizes: Sizes) -> list[Job]:
    """Every job of the study, in the order of the workflow: as many of each rule as Snakemake counts for its default target.

    Raises:
        ConfigError: a local model has no configuration.
    """
    found = [*_data(study), *(job for model in study.models for job in _Model(study, model, sizes).jobs()), *_tables(study)]
    return [job for job in found if job.count]


def _data(study: Study) -> Iterator[Job]:
    if study.glue.source == EMBEDDED:
        yield Job("write_world_task", len(study.tasks))
    yield Job("prepare_task", len(study.tasks))
    if study.corpus.source == EMBEDDED:
        yield Job("write_world_corpus", 1)
    yield Job("sample_corpus", 1)


def _tables(study: Study) -> Iterator[Job]:
    """What is made from tables alone: one job each for the whole study, but for those that are made for each model."""
    for model in study.models:
        yield Job("tabulate_recall", 1, model)
    compares = {
        "tabulate_scores": True,
        "tabulate_divergence": True,
        "tabulate_freezing": study.frozen_models,
        "tabulate_before_after": study.pruned_first,
        "draw_downstream_curves": True,
        "draw_masked_lm_curves": True,
        "draw_recall": True,
        "draw_divergence": True,
        "draw_appendix_curves": study.roles.appendix in study.models,
        "draw_importance_divergence": True,
        "draw_agreement": True,
        "draw_before_after": study.pruned_first,
        "judge_claims": True,
        "write_report": True,
    }
    yield from (Job(rule, 1) for rule, has_it in compares.items() if has_it)


class _Model:
    """The jobs about one model of the study."""

    def __init__(self, study: Study, model: str, sizes: Sizes) -> None:
        self.study = study
        self.model = model
        self.sizes = sizes
        self.encoder = study.encoders[model]
        self.tasks: list[str] = [*study.tasks]
        self.shape = shape_of(model, self.encoder)
        self.blocks = sizes.blocks(model, study.mlm.block_tokens)

    def jobs(self) -> Iterator[Job]:
        seeds = len(self.study.seeds)
        yield self._made() if self.encoder.pretrain else self._job("fetch_model", 1)
        yield self._job("cut_blocks", 1)
        for task in self.tasks:
            yield self._job("finetune", seeds, task, *self._finetuning(task))
        if self.model in self.study.frozen_models:
            for task in self.tasks:
                yield self._job("finetune_frozen", seeds, task, *self._finetuning(task, frozen=self.study.freezing.layers))
        for task in self._pruned_first():
            for fraction in self.study.before_after.fractions:
                yield self._job("finetune_pruned", seeds, task, *self._finetuning(task, removed=self._whole(fraction)))
        for task in self.study.all_tasks:
            yield self._job("estimate_importance", seeds, task, self._importance(task))
            yield self._job("normalize_importance", seeds * len(self.study.norms_of(self.model)), task)
        for task in self.study.all_tasks:
            yield self._job("prune_curve", seeds * len(self.study.norms_of(self.model)), task, *self._curve(task))
        for task in self.tasks if self._pruned_first() else ():  # in the pre-train task's order, to compare with
            yield self._job("prune_curve", seeds, task, *self._curve(task, own_order=False))
        for task in self.tasks:
            yield self._job("measure_divergence", seeds, task, self._divergence(task))

    def _job(self, rule: str, count: int, task: str | None = None, *work: Work) -> Job:
        return Job(rule, count, self.model, task, work)

    def _pruned_first(self) -> list[str]:
        return [task for model, task in self.study.pruned_first if model == self.model]

    # -------------------------------------------------------------------------------------------------------- work

    def _work(
        self, kind: Kind, reading: Reading | None, flops: Callable[[Shape, float], float], batches: float | None = None
    ) -> Work:
        """Work of ``flops(shape, length)`` a token, on everything that is read, in ``batches`` (by default of the budget)."""
        if reading is None:
            return Work(kind, None, None, 0.0)
        count = reading.tokens / self.study.batch_tokens if batches is None else batches
        if self.shape is None:
            return Work(kind, reading.tokens, None, 0.0)
        total = reading.tokens * flops(self.shape, reading.length)
        return Work(kind, reading.tokens, total, max(1.0, count) * self.shape.layers)

    def _made(self) -> Job:
        settings = self.encoder.pretrain
        assert settings is not None
        blocks = self.sizes.blocks(self.model, settings.block_tokens)
        read = blocks and Reading(settings.steps * settings.batch, blocks.length)

        def flops(shape: Shape, length: float) -> float:
            return body(shape, length).training + settings.mask * vocabulary(shape).training

        return self._job("pretrain_model", 1, None, self._work("training", read, flops, settings.steps))

    def _finetuning(self, task: str, frozen: int = 0, removed: float = 0.0) -> tuple[Work, ...]:
        """Training, and the score on the validation set."""
        recipe = self.study.recipe(self.model, task)
        train = self.sizes.task(self.model, task, "train")
        count = recipe.steps or steps(train.examples, recipe.batch, recipe.epochs or 0)
        read = Reading(recipe.steps * recipe.batch if recipe.steps else train.examples * (recipe.epochs or 0), train.length)

        def training(shape: Shape, length: float) -> float:
            return frozen_training(shape, length, frozen) if frozen else body(shape, length, removed).training

        at_once = recipe.batch / (recipe.micro_batch or recipe.batch)
        score = self._work("scoring", self.sizes.task(self.model, task, "validation"), lambda s, n: body(s, n, removed).forward)
        return self._work("training", read, training, count * at_once), score

    def _importance(self, task: str, removed: float = 0.0) -> Work:
        asked = self.study.importance
        read = self._asked(task, "train", asked.fractions, asked.max_examples)
        return self._work("importance", read, lambda shape, length: self._answer(task, shape, length, removed, "importance"))

    def _curve(self, task: str, own_order: bool = True) -> tuple[Work, ...]:
        """A score at every point; and where the importance is estimated anew, an estimate before every point but the first."""
        read = self._asked(task, "validation", self.study.pruning.validation_fractions, None)
        shares = self._shares()

        def score(shape: Shape, length: float) -> float:
            return sum(self._answer(task, shape, length, removed, "forward") for removed in shares) / len(shares)

        batches = len(shares) * max(1.0, read.tokens / self.study.batch_tokens) if read else 0.0
        curve = self._work("scoring", read and Reading(read.examples * len(shares), read.length), score, batches)
        again = own_order and self.study.pruning.schedule == "iterative"
        return curve, *(self._importance(task, removed) for removed, _ in pairwise(shares) if again)

    def _divergence(self, task: str) -> Work:
        """Both models read the sample."""
        asked = self.study.divergence
        read = self._sampled(task, asked.data, asked.fractions, asked.max_examples)
        both = Reading(2 * read.examples, read.length)
        return self._work("divergence", both, lambda shape, length: body(shape, length).forward)

    # ------------------------------------------------------------------------------------------------ what is asked

    def _asked(self, task: str, split: Split, fractions: Mapping[Any, float], at_most: int | None) -> Reading | None:
        if task == MASKED_LM:
            return self.blocks and self.blocks.sample(at_most=self.study.mlm.max_blocks)
        return self._sampled(task, split, fractions, at_most)

    def _sampled(self, task: str, split: Split, fractions: Mapping[Any, float], at_most: int | None) -> Reading:
        return self.sizes.task(self.model, task, split).sample(fractions.get(task, 1.0), at_most)

    def _answer(self, task: str, shape: Shape, length: float, removed: float, way: Literal["forward", "importance"]) -> float:
        """FLOPs of a token, with its share of what is predicted for the masked ones."""
        masked = self.study.mlm.mask if task == MASKED_LM else 0.0
        per_masked: PerToken = vocabulary(shape)
        return float(getattr(body(shape, length, removed), way) + masked * getattr(per_masked, way))

    def _heads(self) -> int | None:
        return self.shape.all_heads if self.shape else self.encoder.heads

    def _whole(self, fraction: float) -> float:
        """A share of the heads, in whole heads."""
        heads = self._heads()
        return count_of(fraction, heads) / heads if heads else fraction

    def _shares(self) -> list[float]:
        """The shares of heads removed at a curve's points; a model of unknown size counts as large."""
        heads = self._heads() or 10_000
        return [count / heads for count in points(heads, self.study.pruning.step, self.study.pruning.every_head_up_to)]
