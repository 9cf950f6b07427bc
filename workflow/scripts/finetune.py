"""Fine-tune a pre-trained model on a task, and score it on the validation set."""

from pathlib import Path

from headcount.jobs.command_line import arguments, run
from headcount.jobs.finetuning import OPTIONS, FineTuning
from headcount.store.files import write_json


def main() -> None:
    args = arguments(__doc__, **OPTIONS, directory=Path, history=Path)
    job = FineTuning(args)
    job.carry_out()
    job.write_checkpoint(args.directory)
    write_json(args.history, job.history)
    job.finish()


if __name__ == "__main__":
    run(main)
