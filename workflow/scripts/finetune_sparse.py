"""Fine-tune a model that has lost single weights, and score it on the validation set.

``retrained`` holds them at zero; ``deleted`` lets them come back; ``after`` prunes a fine-tuned model, and trains it on.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from headcount.jobs.command_line import arguments, run, typed
from headcount.jobs.finetuning import OPTIONS, FineTuning
from headcount.models.last_steps import LastSteps, last_loss
from headcount.models.packing import unpack
from headcount.models.sparsifying import Hold, Sparse, zero_pooler, zero_smallest
from headcount.settings.job_settings import SparsePoint
from headcount.store.files import write_json

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def main() -> None:
    args = arguments(__doc__, **OPTIONS, point=typed(SparsePoint), history=Path)
    point: SparsePoint = args.point
    if point.arm != "after":
        args.model = unpack(args.model, args.work / "start")
    told = {"criterion": point.criterion, "schedule": point.arm, "fraction": point.fraction, "epochs": args.recipe.epochs}
    job = FineTuning(args, told)

    def change(model: PreTrainedModel) -> None:
        if point.fraction and point.arm == "after":
            zero_smallest(model, point.fraction, point.scope)
        elif point.fraction:
            zero_pooler(model, point.fraction, args.run.seed if point.criterion == "random" else None)
        gone = Sparse.of(model) if point.fraction else Sparse(0, Sparse.of(model).size)
        told.update({"removed": gone.removed, "removed_fraction": gone.fraction})

    held = [Hold()] if point.fraction and point.arm != "deleted" else []
    job.carry_out(change, [*held, LastSteps()])
    told["accuracy"] = float((job.outcomes["removed_0"] == job.outcomes["label"]).mean())
    told["training_loss"] = last_loss(job.history)
    write_json(args.history, job.history)
    job.finish()


if __name__ == "__main__":
    run(main)
