"""Training on the Hugging Face Trainer: masked-LM pre-training from scratch, and fine-tuning on a task."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset, Sampler
from transformers.trainer import Trainer
from transformers.trainer_callback import TrainerCallback, TrainerState
from transformers.training_args import TrainingArguments

from headcount import encoders
from headcount.data.masking import IGNORED, mask
from headcount.data.tokenizer import TextEncoder, Tokens, lengths
from headcount.errors import SourceError
from headcount.networks.batching import model_inputs, pad

Row = dict[str, Any]


class Rows(Dataset[Row]):
    """Encoded examples as a torch dataset."""

    def __init__(self, tokens: Sequence[Tokens], labels: Sequence[int] | None = None) -> None:
        self.tokens = tokens
        self.labels = labels

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, index: int) -> Row:
        row: Row = {"index": index, "tokens": self.tokens[index]}
        if self.labels is not None:
            row["labels"] = self.labels[index]
        return row


class MaskingCollator:
    """Masks each row anew in each epoch (dynamic masking, Liu et al. 2019), by (seed, epoch, row) alone.

    Not by torch's generator: batches are made ahead of the steps that use them, so that a run that resumes within an epoch
    would go on with other masks.
    """

    def __init__(self, encoder: TextEncoder, share: float, seed: int) -> None:
        self.encoder = encoder
        self.share = share
        self.seed = seed
        self.epoch = 0

    def __call__(self, rows: Sequence[Row]) -> dict[str, Tensor]:
        encoder = self.encoder
        rngs = [np.random.default_rng([self.seed, self.epoch, row["index"]]) for row in rows]
        masked = [
            mask(row["tokens"], rng, encoder.mask_id, encoder.ordinary_ids, self.share)
            for row, rng in zip(rows, rngs, strict=True)
        ]
        inputs = model_inputs([ids for ids, _ in masked], [row["tokens"].types for row in rows], encoder.pad_id)
        return {**inputs, "labels": pad([labels for _, labels in masked], IGNORED)}


class ClassificationCollator:
    """Pads a batch of labelled examples to its longest."""

    def __init__(self, encoder: TextEncoder) -> None:
        self.encoder = encoder

    def __call__(self, rows: Sequence[Row]) -> dict[str, Tensor]:
        tokens = [row["tokens"] for row in rows]
        inputs = model_inputs([t.ids for t in tokens], [t.types for t in tokens], self.encoder.pad_id)
        return {**inputs, "labels": torch.tensor([row["labels"] for row in rows])}


class LengthBucketSampler(Sampler[int]):
    """Every example once an epoch, batches of similar length, in an order that depends on (seed, epoch) alone.

    The Trainer's own sampler for this draws from torch's generator as it stands: a run that resumes within an epoch would
    go on in another order.
    """

    BATCHES_SORTED_TOGETHER = 50

    def __init__(self, lengths: Sequence[int], batch: int, seed: int) -> None:
        self.lengths = np.asarray(lengths)
        self.batch = batch
        self.seed = seed
        self.epoch = 0
        self.told: list[MaskingCollator] = []

    def __len__(self) -> int:
        return len(self.lengths)

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch
        for collator in self.told:
            collator.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        rng = np.random.default_rng([self.seed, self.epoch])
        order = rng.permutation(len(self.lengths))
        size = self.batch * self.BATCHES_SORTED_TOGETHER
        for start in range(0, len(order), size):
            part = order[start : start + size]
            part = part[np.argsort(-self.lengths[part], kind="stable")]
            batches = [part[at : at + self.batch] for at in range(0, len(part), self.batch)]
            last = [batches.pop()] if len(part) < size and len(part) % self.batch else []  # a short batch comes last
            for index in (*rng.permutation(len(batches)), *range(len(batches), len(batches) + len(last))):
                yield from (batches + last)[index].tolist()


class BucketedTrainer(Trainer):
    """A Trainer on ``Rows`` whose batches are length-bucketed."""

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        rows: Rows = train_dataset or self.train_dataset
        step = self.args.train_batch_size * self.args.gradient_accumulation_steps
        return LengthBucketSampler(lengths(rows.tokens), step, self.args.seed)


class MaskedTrainer(BucketedTrainer):
    """A Trainer on rows that a ``MaskingCollator`` masks; its loss projects onto the vocabulary at masked positions only."""

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        sampler = super()._get_train_sampler(train_dataset)
        assert isinstance(sampler, LengthBucketSampler) and isinstance(self.data_collator, MaskingCollator)
        sampler.told.append(self.data_collator)
        return sampler

    def compute_loss(self, model: nn.Module, inputs: dict[str, Tensor], return_outputs: bool = False, **_: Any) -> Tensor:
        labels = inputs.pop("labels")
        chosen = labels != IGNORED
        logits = encoders.masked_logits(model, inputs, chosen)
        return nn.functional.cross_entropy(logits, labels[chosen])


class Clock(TrainerCallback):
    """Adds the seconds trained so far to each log entry, over all the runs that a resumed training took."""

    def on_train_begin(self, args: Any, state: TrainerState, control: Any, **_: Any) -> None:
        self.before = max((entry.get("seconds", 0.0) for entry in state.log_history), default=0.0)
        self.start = time.monotonic()

    def on_log(self, args: Any, state: TrainerState, control: Any, **_: Any) -> None:
        state.log_history[-1]["seconds"] = round(self.before + time.monotonic() - self.start, 1)


class Diverged(SourceError):
    """A training whose gradient is no finite number any more; the model is as it was before that step."""

    def __init__(self, step: int) -> None:
        super().__init__(f"the training diverged in step {step}: its gradient is no finite number; give a lower learning_rate")
        self.step = step


class Watch(TrainerCallback):
    """Ends a training before a step that would make its weights no numbers.

    Raises:
        Diverged: such a step is next.
    """

    def on_pre_optimizer_step(self, args: Any, state: TrainerState, control: Any, model: Any = None, **_: Any) -> None:
        gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
        if not torch.nn.utils.get_total_norm(gradients).isfinite():
            raise Diverged(state.global_step + 1)


def last_saved(folder: Path) -> Path | None:
    """The newest steps that were saved whole: the Trainer writes its own state last, straight into their folder."""
    whole = [path.parent for path in folder.glob("checkpoint-*/trainer_state.json")]
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def run(trainer: Trainer) -> None:
    """Train to the end, from the last saved steps in the trainer's folder if there are any.

    Raises:
        Diverged: before the end its gradient is no finite number.
    """
    folder = Path(str(trainer.args.output_dir))
    saved = last_saved(folder)
    for path in folder.glob("checkpoint-*"):
        if saved is None or int(path.name.rpartition("-")[2]) > int(saved.name.rpartition("-")[2]):
            shutil.rmtree(path)
    trainer.add_callback(Clock())
    trainer.add_callback(Watch())
    trainer.train(resume_from_checkpoint=str(saved) if saved else None)


def arguments(folder: Path, device: str, **settings: Any) -> TrainingArguments:
    """Training arguments common to every training here; ``folder`` keeps the steps from which a killed run resumes."""
    return TrainingArguments(
        output_dir=str(folder),
        use_cpu=device == "cpu",
        bf16=device == "cuda",
        remove_unused_columns=False,
        save_total_limit=1,
        report_to="none",
        dataloader_pin_memory=device == "cuda",
        **settings,
    )
