"""Fine-tune a pre-trained model with its embeddings and lowest layers held fixed."""

from functools import partial
from pathlib import Path

from headcount.jobs.command_line import arguments, run
from headcount.jobs.finetuning import OPTIONS, FineTuning
from headcount.models.finetuning import freeze
from headcount.store.files import write_json


def main() -> None:
    args = arguments(__doc__, **OPTIONS, layers=int, directory=Path, history=Path)
    job = FineTuning(args, {"frozen_layers": args.layers}, told=("layers",))
    job.carry_out(partial(freeze, layers=args.layers))
    job.write_checkpoint(args.directory)
    write_json(args.history, job.history)
    job.finish()


if __name__ == "__main__":
    run(main)
