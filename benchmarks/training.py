"""Training timed against the recipes that people start from: fine-tuning, and masked-LM pre-training."""

from __future__ import annotations

import gc
import tempfile
import time
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers.trainer_callback import TrainerCallback

from benchmarks import baselines, shapes
from benchmarks.results import Result, Work, compared
from benchmarks.shapes import Setup, Vocabulary, labelled, random_tokens
from benchmarks.timing import in_turn, synchronize
from headcount.models.trainer import BucketedTrainer, ClassificationCollator, MaskedTrainer, MaskingCollator, Rows, arguments

if TYPE_CHECKING:
    from collections.abc import Callable

    from transformers.trainer import Trainer

Watched = AbstractContextManager[Any]
"""What the timed steps of a training run within."""
NOTHING: Watched = nullcontext()
SETTINGS: dict[str, Any] = {
    "learning_rate": 1e-5,
    "weight_decay": 0.1,
    "save_strategy": "no",
    "logging_strategy": "no",
    "disable_tqdm": True,
}


class LastSteps(TrainerCallback):
    """The seconds of a training's last ``count`` steps, which run within ``watched``."""

    def __init__(self, count: int, device: str, watched: Watched) -> None:
        self.count, self.device, self.watched = count, device, watched
        self.seconds = 0.0

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        left = state.max_steps - state.global_step
        if left == self.count:
            self.watched.__enter__()
            self.began = self._now()
        elif left == 0:
            self.seconds = self._now() - self.began
            self.watched.__exit__(None, None, None)

    def _now(self) -> float:
        synchronize(self.device)
        return time.perf_counter()


def examples_per_second(trainer: Trainer, timed: int, device: str, watched: Watched = NOTHING) -> float:
    """The rate of a training under way: of its last ``timed`` steps, after one at least, which makes the optimiser's state.

    Args:
        watched: within it those steps run.
    """
    last = LastSteps(timed, device, watched)
    trainer.add_callback(last)
    with redirect_stdout(StringIO()):
        trainer.train()
    return timed * int(trainer.args.per_device_train_batch_size) / last.seconds


class Training:
    """Trainings of one model, one after the other, each of another seed; none keeps anything."""

    def __init__(self, setup: Setup, purpose: str, batch: int) -> None:
        self.device, self.batch = setup.device, batch
        self.model = setup.shape.model(purpose, setup.device).train().requires_grad_(True)
        self.folder = Path(tempfile.mkdtemp(prefix="headcount-benchmarks-"))
        self.seed = 0

    def settings(self, steps: int) -> dict[str, Any]:
        self.seed += 1
        gc.collect()  # the trainer before this one, and its optimiser
        return {**SETTINGS, "per_device_train_batch_size": self.batch, "max_steps": steps, "seed": self.seed}

    def rate(self, trainer: Callable[[int], Trainer], steps: int, watched: Watched = NOTHING) -> float:
        """Examples per second of ``steps`` steps, after as many, so that each batch comes once among them."""
        return examples_per_second(trainer(2 * steps), steps, self.device, watched)


class FineTuning(Training):
    """A model to be fine-tuned on random examples, in the package's way or in the padded one."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup, "ForSequenceClassification", setup.effort.training_batch)
        self.steps = setup.effort.steps
        examples = labelled(shapes.of_training(self.batch, self.steps), self.model.config)
        self.rows, self.encoder = Rows(examples.tokens, examples.labels.tolist()), examples.encoder
        self.flops = shapes.flops(self.model.config, examples.lengths, "training") / len(examples.lengths)

    def package(self, watched: Watched = NOTHING) -> float:
        return self.rate(self._bucketed, self.steps, watched)

    def padded(self) -> float:
        return self.rate(self._padded, -(-self.steps // 4))  # every step costs the same

    def _bucketed(self, steps: int) -> Trainer:
        args = arguments(self.folder, self.device, **self.settings(steps))
        return BucketedTrainer(self.model, args, train_dataset=self.rows, data_collator=ClassificationCollator(self.encoder))

    def _padded(self, steps: int) -> Trainer:
        return baselines.padded_trainer(self.model, self.rows, self.encoder, self.folder, self.device, **self.settings(steps))


class PreTraining(Training):
    """A masked-LM model trained on random blocks, with the projection on masked positions or on all."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup, "ForMaskedLM", setup.effort.blocks)
        config = self.model.config
        lengths, self.encoder = shapes.block_lengths(self.batch, config), Vocabulary(config)
        self.rows = Rows(random_tokens(lengths, self.encoder))
        self.flops = shapes.flops(config, lengths, "training", mask=shapes.MASK) / len(lengths)

    def package(self, watched: Watched = NOTHING) -> float:
        return self.rate(lambda steps: self._trainer(MaskedTrainer, steps), 1, watched)

    def everywhere(self) -> float:
        return self.rate(lambda steps: self._trainer(baselines.AllPositionsTrainer, steps), 1)

    def _trainer(self, kind: type[MaskedTrainer], steps: int) -> Trainer:
        args = arguments(self.folder, self.device, **self.settings(steps))
        collator = MaskingCollator(self.encoder, shapes.MASK, self.seed)  # type: ignore[arg-type]
        return kind(self.model, args, train_dataset=self.rows, data_collator=collator)


def finetuning(setup: Setup) -> list[Result]:
    """Examples per second of training, against the recipe that pads to 128, at an equal batch size in examples."""
    training = FineTuning(setup)
    ways = {"package": training.package, "padded": training.padded, "products": setup.products}
    rates = in_turn(ways, setup.repeats, setup.effort.warm_up)
    place, against = ("fine-tuning", setup.name), "Trainer, padded to 128, same batch size in examples"
    notes = {"batch": training.batch, "steps": training.steps}
    work = Work(training.flops, rates["products"], "training")
    return [compared(place, "training", "examples/s", rates["package"], against, rates["padded"], notes, work)]


def pretraining(setup: Setup) -> list[Result]:
    """Blocks per second of masked-LM training, against the projection on all positions."""
    training = PreTraining(setup)
    ways = {"package": training.package, "all": training.everywhere, "products": setup.products}
    rates = in_turn(ways, setup.repeats, setup.effort.warm_up)
    place, against = ("pre-training", setup.name), "the projection at every position"
    work = Work(training.flops, rates["products"])
    return [compared(place, "training", "blocks/s", rates["package"], against, rates["all"], {"batch": training.batch}, work)]
