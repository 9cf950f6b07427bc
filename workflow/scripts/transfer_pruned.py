"""Remove units from a multilingual model, fine-tune what is left in one language, and ask it in all of them."""

from pathlib import Path

from headcount.analysis.crosslingual import REMOVAL
from headcount.data.tasks import of_table
from headcount.data.tokenizer import TextEncoder
from headcount.jobs.command_line import arguments, run
from headcount.jobs.finetuning import PRUNING, PrunedFirst
from headcount.jobs.inputs import payload
from headcount.models.parallel_examples import ParallelExamples
from headcount.store.tables import read_table, write_table


def main() -> None:
    args = arguments(__doc__, **PRUNING, tests=payload, scores=Path, language_outcomes=Path)
    job = PrunedFirst(args)
    job.carry_out()
    asked = ParallelExamples(read_table(args.tests), of_table(args.tests), TextEncoder(args.model), args.recipe.max_length)
    answers = asked.answers(job.model, args.budget)
    keys = {name: job.extra[name] for name in REMOVAL}
    write_table(args.scores, asked.scores(answers, {**args.run.model_dump(), **keys}))
    trials = [{name: keys[name] for name in ("schedule", "criterion", "point")}]
    write_table(args.language_outcomes, asked.outcomes([answers]), **args.run.model_dump(), trials=trials)
    job.finish()


if __name__ == "__main__":
    run(main)
