"""Measure on one fine-tuned model what other readings of the paper would change."""

from pathlib import Path

from headcount import encoders
from headcount.analysis.other_readings import Subject, compare
from headcount.criteria.gate_gradient import estimate
from headcount.jobs.command_line import arguments, mapping, settings
from headcount.jobs.gpus import device
from headcount.jobs.inputs import payload
from headcount.networks.task_examples import ask
from headcount.store.tables import write_csv
from headcount.units.heads import Heads


def main() -> None:
    args = arguments(
        __doc__,
        model=payload,
        data=payload,
        importance_data=payload,
        keys=mapping,
        settings=settings,
        device=device,
        budget=int,
        output=Path,
    )
    keys, wanted = args.keys, args.settings
    scored = ask(keys["task"], args.data, args.model, keys["seed"], wanted.score)
    learnt = ask(keys["task"], args.importance_data, args.model, keys["seed"], wanted.importance).examples
    subject = Subject(
        whole=lambda: Heads(encoders.load(args.model, scored.purpose).to(args.device)),
        estimate=lambda heads, name: estimate(heads.model, learnt, args.budget, name, wanted.importance.batch),
        answer=lambda heads: scored.examples.answer(heads.model, args.budget),
        norm=keys["norm"],
        step=wanted.step,
        every_head_up_to=wanted.every_head_up_to,
    )
    write_csv(args.output, compare(subject, wanted.level).assign(unit="head", criterion="gate_gradient", **keys))


if __name__ == "__main__":
    main()
