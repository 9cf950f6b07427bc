"""Score a model on a task while its heads are removed, least important first."""

from functools import partial
from pathlib import Path

from headcount import encoders
from headcount.criteria.gate_gradient import estimate
from headcount.jobs.command_line import arguments, mapping, settings
from headcount.jobs.gpus import device
from headcount.jobs.inputs import payload
from headcount.networks.task_examples import ask
from headcount.order.curve import one_shot, table, trace
from headcount.order.points import points
from headcount.order.ranking import order
from headcount.order.schedules import iterative
from headcount.progress import log
from headcount.store.tables import write_table
from headcount.store.tensors import read_importance
from headcount.units.heads import Heads


def main() -> None:
    args = arguments(
        __doc__,
        model=payload,
        importance=Path,
        data=payload,
        importance_data=payload,
        keys=mapping,
        settings=settings,
        device=device,
        budget=int,
        output=Path,
    )
    keys, wanted = args.keys, args.settings
    questions = ask(keys["task"], args.data, args.model, keys["seed"], wanted.score)
    model = encoders.load(args.model, questions.purpose).to(args.device)
    heads = Heads(model)
    log.info(f"{keys['task']}: {len(questions.examples.lengths)} examples, {len(heads.left)} heads")
    if wanted.schedule == "iterative":
        asked = ask(keys["task"], args.importance_data, args.model, keys["seed"], wanted.importance)
        again = partial(estimate, model, asked.examples, args.budget, wanted.importance.estimator, wanted.importance.batch)
        following = iterative(again, keys["norm"])
    else:
        following = one_shot(order(read_importance(args.importance)[0]))
    removed = points(len(heads.left), wanted.step, wanted.every_head_up_to)
    scores, gone = trace(heads, removed, following, lambda: questions.examples.score(model, args.budget))
    same = {"unit": "head", "schedule": wanted.schedule, "metric": questions.metric}
    write_table(args.output, table(removed, scores, {**keys, **same}), order=gone)


if __name__ == "__main__":
    main()
