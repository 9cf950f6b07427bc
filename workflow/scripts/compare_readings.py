"""Measure on one fine-tuned model what other readings of the paper would change."""

from pathlib import Path

from headcount import encoders
from headcount.analysis.other_readings import Subject, compare
from headcount.criteria import OWN
from headcount.criteria.gate_gradient import estimate
from headcount.jobs.command_line import arguments, run, typed
from headcount.jobs.gpus import device
from headcount.jobs.inputs import payload
from headcount.networks.task_examples import ask
from headcount.settings.job_settings import ReadingsSettings, RunName
from headcount.store.tables import write_csv
from headcount.units.heads import Heads


def main() -> None:
    args = arguments(
        __doc__,
        run=typed(RunName),
        norm=str,
        settings=typed(ReadingsSettings),
        device=device,
        budget=int,
        model=payload,
        data=payload,
        importance_data=payload,
        table=Path,
    )
    run: RunName = args.run
    settings: ReadingsSettings = args.settings
    scored = ask(run.task, args.data, args.model, run.seed, settings.score)
    learnt = ask(run.task, args.importance_data, args.model, run.seed, settings.importance).examples
    subject = Subject(
        whole=lambda: Heads(encoders.load(args.model, scored.purpose, scored.labels).to(args.device)),
        estimate=lambda heads, name: estimate(heads.model, learnt, args.budget, name, settings.importance.batch),
        answer=lambda heads: scored.examples.answer(heads.model, args.budget),
        norm=args.norm,
        step=settings.step,
        every_unit_up_to=settings.every_unit_up_to,
    )
    found = compare(subject, settings.level)
    write_csv(args.table, found.assign(unit="head", criterion=OWN, norm=args.norm, **run.model_dump()))


if __name__ == "__main__":
    run(main)
