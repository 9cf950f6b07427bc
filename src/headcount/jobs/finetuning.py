"""One job: fine-tune a pre-trained model on a task, score it, and write down what came out."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headcount.data.tokenizer import TextEncoder, copy_tokenizer
from headcount.jobs.command_line import mapping, settings
from headcount.jobs.gpus import device
from headcount.jobs.inputs import files_of, payload
from headcount.models.finetuning import finetune, metrics
from headcount.progress import log
from headcount.store.files import write_json
from headcount.store.manifests import write_directory
from headcount.store.tables import read_table

if TYPE_CHECKING:
    from transformers import PreTrainedModel

OPTIONS: dict[str, Callable[[str], Any]] = {
    "model": payload,
    "train": payload,
    "validation": payload,
    "run": mapping,
    "recipe": settings,
    "device": device,
    "budget": int,
    "work": Path,
    "metrics": Path,
}
"""Options of such a job's script; ``run`` gives study, model, task and seed."""


@dataclass
class FineTuning:
    """A fine-tuning that a script's options (``OPTIONS``) describe; ``extra`` is recorded with its settings."""

    args: Any
    extra: dict[str, Any] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    def carry_out(self, change: Callable[[PreTrainedModel], object] = lambda model: None) -> None:
        """Fine-tune, after ``change`` was done to the pre-trained model, and score on the validation set."""
        args = self.args
        train, validation = read_table(args.train), read_table(args.validation)
        task, recipe = args.run["task"], args.recipe
        self.model, self.history = finetune(args.model, train, task, recipe, args.run["seed"], args.device, args.work, change)
        encoder = TextEncoder(args.model)
        found = self.scores = metrics(self.model, train, validation, task, encoder, recipe.max_length, args.budget)
        log.info("%(metric)s %(score).3f (majority %(majority_score).3f), collapsed: %(collapsed)s", found)

    def write_checkpoint(self, directory: Path) -> None:
        """The model with its tokenizer, and the manifest beside it."""

        def fill(temporary: Path) -> None:
            self.model.save_pretrained(temporary)
            copy_tokenizer(self.args.model, temporary)

        made_by = {
            **self.args.run,
            "settings": {**vars(self.args.recipe), **self.extra},
            "device": self.args.device,
            "inputs": {"model": files_of(self.args.model)},
            "metrics": self.scores,
        }
        write_directory(directory, fill, made_by, self.started)

    def finish(self) -> None:
        """The scores; and nothing is left to resume from."""
        write_json(self.args.metrics, {**self.args.run, **self.extra, **self.scores})
        shutil.rmtree(self.args.work, ignore_errors=True)
