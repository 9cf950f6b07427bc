"""Ask a model a task while its units are removed, those first that the criterion ranks lowest.

Three tables: the curve, the order in which the units went, and each example's outcome at each point.
"""

from functools import partial
from pathlib import Path

from headcount import encoders
from headcount.criteria import ranked
from headcount.criteria.gate_gradient import estimate
from headcount.jobs.command_line import any_paths, arguments, run, typed
from headcount.jobs.gpus import device
from headcount.jobs.inputs import payload
from headcount.networks.task_examples import ask
from headcount.order.curve import InOrder, one_shot, order_table, table, trace
from headcount.order.outcomes import outcomes_table
from headcount.order.points import points
from headcount.order.schedules import iterative
from headcount.progress import log
from headcount.settings.job_settings import CurveName, CurveSettings
from headcount.store.hardware import hardware
from headcount.store.tables import write_table
from headcount.store.tensors import read_importance
from headcount.units import REMOVERS, UNITS


def main() -> None:
    args = arguments(
        __doc__,
        name=typed(CurveName),
        settings=typed(CurveSettings),
        device=device,
        budget=int,
        model=payload,
        importance=any_paths,
        data=payload,
        importance_data=payload,
        curve=Path,
        order=Path,
        outcomes=Path,
    )
    name: CurveName = args.name
    settings: CurveSettings = args.settings
    unit = UNITS[name.unit]
    questions = ask(name.task, args.data, args.model, name.seed, settings.score)
    model = encoders.load(args.model, questions.purpose, questions.labels).to(args.device)
    units = REMOVERS[name.unit](model)
    log.info("%s: %d examples, %d %s", name.task, len(questions.examples.lengths), len(units.left), unit.plural)
    if settings.schedule == "iterative":
        asked = ask(name.task, args.importance_data, args.model, name.seed, settings.importance)
        again = partial(estimate, model, asked.examples, args.budget, settings.importance.estimator, settings.importance.batch)
        following = iterative(again, name.norm)
    else:
        (importance,) = [read_importance(path)[0] for path in args.importance] or [None]
        following = one_shot(ranked(name.criterion, name.unit, units.left, importance, (name.seed,)))
    removed = points(len(units.left), settings.step, settings.every_unit_up_to)
    shrinking = InOrder(units, following)
    answers = trace(shrinking, removed, lambda: questions.examples.answer(model, args.budget))
    keys = {**name.model_dump(), "schedule": settings.schedule, "metric": questions.metric}
    write_table(args.curve, table(removed, answers, keys), **hardware())
    write_table(args.order, order_table(shrinking.gone, unit.columns))
    write_table(args.outcomes, outcomes_table(questions.named, removed, answers))


if __name__ == "__main__":
    run(main)
