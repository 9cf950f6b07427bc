"""Remove units from a pre-trained model, those first that the criterion ranks lowest, then fine-tune what is left."""

from pathlib import Path

import numpy as np

from headcount.criteria import ranked
from headcount.jobs.command_line import arguments
from headcount.jobs.finetuning import OPTIONS, FineTuning
from headcount.order.points import count_of
from headcount.progress import log
from headcount.store.tensors import read_importance
from headcount.units import UNITS


def main() -> None:
    args = arguments(__doc__, **OPTIONS, importance=Path, fraction=float)
    unit = UNITS[args.run["unit"]]
    importance = read_importance(args.importance)[0]
    places = list(np.ndindex(unit.importance(importance).shape))
    order = ranked(args.run["criterion"], args.run["unit"], places, importance)
    removed = count_of(args.fraction, len(order))
    log.info(f"{removed} of {len(order)} {unit.plural} are removed before fine-tuning")
    job = FineTuning(args, {"removed": removed, "removed_fraction": removed / len(order)})
    job.carry_out(lambda model: unit.of(model).remove(order[:removed]))
    job.finish()


if __name__ == "__main__":
    main()
