"""Remove heads from a pre-trained model, the least important on the pre-train task first, then fine-tune what is left."""

from pathlib import Path

from headcount.jobs.command_line import arguments
from headcount.jobs.finetuning import OPTIONS, FineTuning
from headcount.order.points import count_of
from headcount.order.ranking import order
from headcount.progress import log
from headcount.store.tensors import read_importance
from headcount.units.heads import Heads


def main() -> None:
    args = arguments(__doc__, **OPTIONS, importance=Path, fraction=float)
    ranked = order(read_importance(args.importance)[0])
    removed = count_of(args.fraction, len(ranked))
    log.info(f"{removed} of {len(ranked)} heads are removed before fine-tuning")
    job = FineTuning(args, {"removed": removed, "removed_fraction": removed / len(ranked)})
    job.carry_out(lambda model: Heads(model).remove(ranked[:removed]))
    job.finish()


if __name__ == "__main__":
    main()
