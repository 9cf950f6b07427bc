"""Fine-tune a pre-trained model with its lowest layers held fixed, and in one arm its embeddings too."""

from functools import partial
from pathlib import Path

from headcount.freezing import ARMS
from headcount.jobs.command_line import arguments, run
from headcount.jobs.finetuning import OPTIONS, FineTuning
from headcount.models.finetuning import freeze
from headcount.store.files import write_json


def main() -> None:
    args = arguments(__doc__, **OPTIONS, layers=int, arm=str, directory=Path, history=Path)
    job = FineTuning(args, {"frozen": ARMS[args.arm].title, "frozen_layers": args.layers}, told=("layers", "arm"))
    job.carry_out(partial(freeze, layers=args.layers, arm=args.arm))
    job.write_checkpoint(args.directory)
    write_json(args.history, job.history)
    job.finish()


if __name__ == "__main__":
    run(main)
