"""One job: fine-tune a pre-trained model on a task, score it, and write down what came out."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headcount.data.tasks import of_table
from headcount.data.tokenizer import TextEncoder, copy_tokenizer
from headcount.jobs.command_line import any_paths, recorded, typed
from headcount.jobs.gpus import device
from headcount.jobs.inputs import files_of, payload
from headcount.models.finetuning import finetune, metrics
from headcount.models.removal import described, removed
from headcount.progress import log
from headcount.settings.job_settings import Removal, RunName
from headcount.settings.models import Recipe
from headcount.store.files import write_json
from headcount.store.hardware import hardware
from headcount.store.manifests import write_directory
from headcount.store.tables import read_table, write_table
from headcount.store.tensors import read_importance
from headcount.units import REMOVERS, UNITS

if TYPE_CHECKING:
    from transformers import PreTrainedModel
    from transformers.trainer_callback import TrainerCallback

OPTIONS: dict[str, Callable[[str], Any]] = {
    "model": payload,
    "train": payload,
    "validation": payload,
    "run": typed(RunName),
    "recipe": typed(Recipe),
    "device": device,
    "budget": int,
    "work": Path,
    "metrics": Path,
    "outcomes": Path,
}
"""Options of such a job's script; ``run`` gives study, model, task and seed."""
PRUNING: dict[str, Callable[[str], Any]] = {**OPTIONS, "removal": typed(Removal), "importance": any_paths}
"""Options of one in which units go first, in the order of an importance if the criterion reads one."""


@dataclass
class FineTuning:
    """A fine-tuning that a script's options describe.

    Args:
        args: ``OPTIONS``, and further options of the script's own.
        extra: columns of the metrics besides.
        told: the further options that belong in the manifest.
    """

    args: Any
    extra: dict[str, Any] = field(default_factory=dict)
    told: tuple[str, ...] = ()
    started: float = field(default_factory=time.monotonic)

    def carry_out(
        self,
        change: Callable[[PreTrainedModel], object] = lambda model: None,
        callbacks: Sequence[TrainerCallback] = (),
    ) -> None:
        """Fine-tune, after ``change`` was done to the pre-trained model, and score on the validation set."""
        args = self.args
        train, validation = read_table(args.train), read_table(args.validation)
        run: RunName = args.run
        recipe: Recipe = args.recipe
        encoder = TextEncoder(args.model)
        encoder.check_length(recipe.max_length, f"finetuning.{run.model}.{run.task}.max_length")
        task = of_table(args.train)
        told = (task, recipe, run.seed, args.device, args.work)
        self.model, self.history = finetune(args.model, train, *told, change, callbacks)
        diverged = bool(self.history and self.history[-1].get("diverged"))
        asked = (task, encoder, recipe.max_length, args.budget)
        self.scores, self.outcomes = metrics(self.model, train, validation, *asked, diverged)

    def write_checkpoint(self, directory: Path) -> None:
        """The model with its tokenizer, and the manifest beside it."""

        def fill(temporary: Path) -> None:
            self.model.save_pretrained(temporary)
            copy_tokenizer(self.args.model, temporary)

        made_by = {
            **recorded(self.args, "run", "recipe", "device", *self.told),
            "inputs": {"model": files_of(self.args.model)},
            "metrics": self.scores,
        }
        write_directory(directory, fill, made_by, self.started)

    def finish(self) -> None:
        """The scores and outcomes; and nothing is left to resume from."""
        write_table(self.args.outcomes, self.outcomes, **self.args.run.model_dump(), **self.extra)
        write_json(self.args.metrics, {**self.args.run.model_dump(), **self.extra, **self.scores, **hardware()})
        shutil.rmtree(self.args.work, ignore_errors=True)


class PrunedFirst(FineTuning):
    """A fine-tuning of a model that loses units first; its metrics tell which, and the share of right answers."""

    def carry_out(
        self,
        change: Callable[[PreTrainedModel], object] = lambda model: None,
        callbacks: Sequence[TrainerCallback] = (),
    ) -> None:
        """Remove the units, then do ``change``, fine-tune, and score on the validation set."""
        removal: Removal = self.args.removal
        importances = [read_importance(path)[0] for path in self.args.importance]
        importance = importances[0] if importances else None

        def prune(model: PreTrainedModel) -> None:
            units = REMOVERS[removal.unit](model)
            gone = removed(removal, units.left, self.args.run.seed, importance)
            self.extra |= {"schedule": "before", **described(removal, gone, len(units.left))}
            log.info(f"{len(gone)} of {len(units.left)} {UNITS[removal.unit].plural} are removed before fine-tuning")
            units.remove(gone)
            change(model)

        super().carry_out(prune, callbacks)
        self.extra["accuracy"] = float((self.outcomes["removed_0"] == self.outcomes["label"]).mean())
