"""Ask a model a task while its units are removed, those first that the criterion ranks lowest.

Three tables: the curve, the order in which the units went, and each example's outcome at each point. A model that collapsed in
fine-tuning is not asked: its curve has its points and no scores, its order no units, and its outcomes no examples.

What such a machine has answered before is taken from there: by the whole model, and at points of the run's first curve.
"""

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from headcount import encoders
from headcount.criteria import ranked
from headcount.criteria.gate_gradient import estimate
from headcount.jobs.command_line import any_paths, arguments, run, typed
from headcount.jobs.gpus import device
from headcount.jobs.inputs import payload
from headcount.networks.task_examples import ask
from headcount.order.curve import InOrder, Traced, one_shot, order_table, table, trace, untraced
from headcount.order.known import answered_before, asked_once
from headcount.order.outcomes import outcomes_table
from headcount.order.points import points
from headcount.order.schedules import iterative
from headcount.progress import log
from headcount.settings.job_settings import CurveName, CurveSettings
from headcount.store.hardware import hardware
from headcount.store.tables import write_table
from headcount.store.tensors import read_importance
from headcount.units import REMOVERS, UNITS


def asked(args: Any, name: CurveName, settings: CurveSettings) -> Traced:
    questions = ask(name.task, args.data, args.model, name.seed, settings.score)
    model = encoders.load(args.model, questions.purpose, questions.labels).to(args.device)
    units = REMOVERS[name.unit](model)
    log.info("%s: %d examples, %d %s", name.task, len(questions.examples.lengths), len(units.left), UNITS[name.unit].plural)
    if settings.schedule == "iterative":
        learnt = ask(name.task, args.importance_data, args.model, name.seed, settings.importance)
        again = partial(estimate, model, learnt.examples, args.budget, settings.importance.estimator, settings.importance.batch)
        following = iterative(again, name.norm)
    else:
        (importance,) = [read_importance(path)[0] for path in args.importance] or [None]
        following = one_shot(ranked(name.criterion, name.unit, units.left, importance, (name.seed,)))
    removed = points(len(units.left), settings.step, settings.every_unit_up_to)
    shrinking = InOrder(units, following)
    known = answered_before(args.metrics, args.whole, args.first, name.unit, questions.named)
    answer = partial(questions.examples.answer, model, args.budget)
    answers = trace(shrinking, removed, asked_once(answer, lambda: frozenset(shrinking.gone), known))
    return Traced(removed, answers, shrinking.gone, questions.named, questions.metric)


def not_asked(model: Path, name: CurveName, settings: CurveSettings, metric: str) -> Traced:
    heads = encoders.head_shape(json.loads((model / "config.json").read_text()))
    removed = points(UNITS[name.unit].importance(np.zeros(heads)).size, settings.step, settings.every_unit_up_to)
    log.info("%s: the model collapsed in fine-tuning, so that no curve is computed", name.task)
    return untraced(removed, metric)


def main() -> None:
    options = {"name": typed(CurveName), "settings": typed(CurveSettings), "device": device, "budget": int, "model": payload}
    before = {"metrics": any_paths, "whole": any_paths, "first": any_paths}
    given = {**before, "importance": any_paths, "data": payload, "importance_data": payload}
    args = arguments(__doc__, **options, **given, curve=Path, order=Path, outcomes=Path)
    tuned = [json.loads(path.read_text()) for path in args.metrics]
    if tuned and tuned[0]["collapsed"]:
        traced = not_asked(args.model, args.name, args.settings, tuned[0]["metric"])
    else:
        traced = asked(args, args.name, args.settings)
    keys = {**args.name.model_dump(), "schedule": args.settings.schedule, "metric": traced.metric}
    write_table(args.curve, table(traced.removed, traced.answers, keys), **hardware())
    write_table(args.order, order_table(traced.gone, UNITS[args.name.unit].columns))
    write_table(args.outcomes, outcomes_table(traced.named, traced.removed, traced.answers))


if __name__ == "__main__":
    run(main)
