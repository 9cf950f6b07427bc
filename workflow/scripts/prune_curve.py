"""Ask a model a task while its units are removed, those first that the criterion ranks lowest.

Three tables: the curve, the order in which the units went, and each example's outcome at each point.
"""

from functools import partial
from pathlib import Path

from headcount import encoders
from headcount.criteria import ranked
from headcount.criteria.gate_gradient import estimate
from headcount.errors import SourceError
from headcount.jobs.command_line import arguments, mapping, settings
from headcount.jobs.gpus import device
from headcount.jobs.inputs import payload
from headcount.networks.task_examples import ask
from headcount.order.curve import InOrder, one_shot, order_table, table, trace
from headcount.order.outcomes import outcomes_table
from headcount.order.points import points
from headcount.order.schedules import iterative
from headcount.progress import log
from headcount.store.tables import write_table
from headcount.store.tensors import read_importance
from headcount.units import UNITS


def path_or_nothing(text: str) -> Path | None:
    """Of importances: empty for a criterion that reads none."""
    return Path(text) if text else None


def main() -> None:
    args = arguments(
        __doc__,
        model=payload,
        importance=path_or_nothing,
        data=payload,
        importance_data=payload,
        keys=mapping,
        settings=settings,
        device=device,
        budget=int,
        output=Path,
        order=Path,
        outcomes=Path,
    )
    keys, wanted = args.keys, args.settings
    unit = UNITS[keys["unit"]]
    questions = ask(keys["task"], args.data, args.model, keys["seed"], wanted.score)
    model = encoders.load(args.model, questions.purpose).to(args.device)
    units = unit.of(model)
    log.info(f"{keys['task']}: {len(questions.examples.lengths)} examples, {len(units.left)} {unit.plural}")
    if wanted.schedule == "iterative":
        if (keys["unit"], keys["criterion"]) != ("head", "gate_gradient"):
            raise SourceError(f"schedule iterative: {unit.plural} by {keys['criterion']} are ranked once; allowed is one_shot")
        asked = ask(keys["task"], args.importance_data, args.model, keys["seed"], wanted.importance)
        again = partial(estimate, model, asked.examples, args.budget, wanted.importance.estimator, wanted.importance.batch)
        following = iterative(again, keys["norm"])
    else:
        importance = read_importance(args.importance)[0] if args.importance else None
        following = one_shot(ranked(keys["criterion"], keys["unit"], units.left, importance))
    removed = points(len(units.left), wanted.step, wanted.every_head_up_to)
    shrinking = InOrder(units, following)
    answers = trace(shrinking, removed, lambda: questions.examples.answer(model, args.budget))
    write_table(args.output, table(removed, answers, {**keys, "schedule": wanted.schedule, "metric": questions.metric}))
    write_table(args.order, order_table(shrinking.gone, unit.columns))
    write_table(args.outcomes, outcomes_table(questions.named, removed, answers))


if __name__ == "__main__":
    main()
