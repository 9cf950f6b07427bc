"""Fine-tune a pre-trained model with its embeddings and lowest layers held fixed."""

from functools import partial
from pathlib import Path

from headcount.artifacts import write_json
from headcount.commands import arguments
from headcount.finetuning import freeze
from headcount.finetuning_job import OPTIONS, FineTuning


def main() -> None:
    args = arguments(__doc__, **OPTIONS, layers=int, output=Path, history=Path)
    job = FineTuning(args, {"frozen_layers": args.layers})
    job.carry_out(partial(freeze, layers=args.layers))
    job.write_checkpoint(args.output)
    write_json(args.history, job.history)
    job.finish()


if __name__ == "__main__":
    main()
