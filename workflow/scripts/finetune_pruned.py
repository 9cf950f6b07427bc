"""Remove units from a pre-trained model, those first that the criterion ranks lowest, then fine-tune what is left."""

from pathlib import Path

import numpy as np

from headcount.criteria import ranked
from headcount.jobs.command_line import arguments, run
from headcount.jobs.finetuning import OPTIONS, FineTuning
from headcount.order.points import count_of
from headcount.progress import log
from headcount.store.tensors import read_importance
from headcount.units import REMOVERS, UNITS


def main() -> None:
    args = arguments(__doc__, **OPTIONS, unit=str, criterion=str, fraction=float, importance=Path)
    unit = UNITS[args.unit]
    importance = read_importance(args.importance)[0]
    places = list(np.ndindex(unit.importance(importance).shape))
    order = ranked(args.criterion, args.unit, places, importance)
    removed = count_of(args.fraction, len(order))
    log.info("%d of %d %s are removed before fine-tuning", removed, len(order), unit.plural)
    job = FineTuning(args, {"removed": removed, "removed_fraction": removed / len(order)})
    job.carry_out(lambda model: REMOVERS[args.unit](model).remove(order[:removed]))
    job.finish()


if __name__ == "__main__":
    run(main)
