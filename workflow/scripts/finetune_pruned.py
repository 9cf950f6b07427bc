"""Remove units from a pre-trained model, then fine-tune what is left."""

from headcount.jobs.command_line import arguments, run
from headcount.jobs.finetuning import PRUNING, PrunedFirst


def main() -> None:
    job = PrunedFirst(arguments(__doc__, **PRUNING))
    job.carry_out()
    job.finish()


if __name__ == "__main__":
    run(main)
