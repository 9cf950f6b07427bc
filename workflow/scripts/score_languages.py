"""Ask a model that was fine-tuned in one language in several: whole, and without each of the sets of heads that are removed."""

from copy import deepcopy
from pathlib import Path

import pandas as pd

from headcount import encoders
from headcount.analysis.crosslingual import NOTHING
from headcount.data.tasks import of_table
from headcount.data.tokenizer import TextEncoder
from headcount.jobs.command_line import arguments, run, typed
from headcount.jobs.gpus import device
from headcount.jobs.inputs import payload
from headcount.models.parallel_examples import ParallelExamples
from headcount.models.removal import described, removed
from headcount.progress import log
from headcount.settings.job_settings import LanguageSettings, RunName
from headcount.store.tables import read_table, write_table
from headcount.units import REMOVERS


def main() -> None:
    args = arguments(
        __doc__,
        run=typed(RunName),
        settings=typed(LanguageSettings),
        device=device,
        budget=int,
        model=payload,
        tests=payload,
        scores=Path,
        outcomes=Path,
    )
    asked_of: RunName = args.run
    settings: LanguageSettings = args.settings
    task = of_table(args.tests)
    whole = encoders.load(args.model, "ForSequenceClassification", task.labels).to(args.device)
    asked = ParallelExamples(read_table(args.tests), task, TextEncoder(args.model), settings.max_length)
    log.info("%d languages, %d ways to remove heads", len(asked.examples), len(settings.removals))
    keys = [dict(NOTHING)]
    trials = [asked.answers(whole, args.budget)]
    for removal in settings.removals:
        model = deepcopy(whole)
        units = REMOVERS[removal.unit](model)
        gone = removed(removal, units.left, asked_of.seed)
        keys.append({"schedule": "one_shot", **described(removal, gone, len(units.left))})
        units.remove(gone)
        trials.append(asked.answers(model, args.budget))
    run_name = asked_of.model_dump()
    rows = [asked.scores(answers, {**run_name, **key}) for answers, key in zip(trials, keys, strict=True)]
    write_table(args.scores, pd.concat(rows, ignore_index=True))
    named = [{name: key[name] for name in ("schedule", "criterion", "point")} for key in keys]
    write_table(args.outcomes, asked.outcomes(trials), **run_name, trials=named)


if __name__ == "__main__":
    run(main)
