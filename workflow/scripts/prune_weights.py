"""Ask a model a task while its single weights are zeroed, the smallest first or drawn; nothing is trained.

A model that collapsed in fine-tuning is not asked: its curve has its points and no scores. The ends, which do not depend on the
order, are taken from the run's first curve, if that was made on such a machine.
"""

import json
from functools import partial
from pathlib import Path

import numpy as np

from headcount import encoders
from headcount.jobs.command_line import any_paths, arguments, run, typed
from headcount.jobs.gpus import device
from headcount.jobs.inputs import payload
from headcount.networks.task_examples import ask
from headcount.order.curve import table, trace
from headcount.order.known import asked_once, scores_of
from headcount.order.outcomes import NOT_ASKED, Answer
from headcount.progress import log
from headcount.settings.job_settings import RunName, WeightCurve
from headcount.store.hardware import hardware, on_such_a_machine
from headcount.store.tables import read_table, read_table_metadata, write_table
from headcount.units.heads import parameters_of_a_head
from headcount.units.weights import drawn_weights, weights_by_magnitude


def ends(curve: Path) -> dict[int, Answer]:
    """What a curve of such a machine says of the whole model and of one without its weights, by how many are gone."""
    if not on_such_a_machine(read_table_metadata(curve)):
        return {}
    found = scores_of(read_table(curve))
    return {count: Answer(*found[count], np.empty(0, np.int64)) for count in found if count in (0, max(found))}


def main() -> None:
    args = arguments(
        __doc__,
        run=typed(RunName),
        settings=typed(WeightCurve),
        device=device,
        budget=int,
        model=payload,
        metrics=any_paths,
        reference=any_paths,
        first=any_paths,
        data=payload,
        curve=Path,
    )
    name: RunName = args.run
    settings: WeightCurve = args.settings
    questions = ask(name.task, args.data, args.model, name.seed, settings.score)
    model = encoders.load(args.model, questions.purpose, questions.labels).to(args.device)
    if settings.criterion == "random":
        units = drawn_weights(model, name.seed)
    else:
        (reference,) = [encoders.load(payload(path), "ForMaskedLM").to(args.device) for path in args.reference] or [None]
        units = weights_by_magnitude(model, settings.scope, reference and encoders.matrices(reference))
    parameters, of_a_head = model.num_parameters(), parameters_of_a_head(model)
    removed = [*(units.count_of(fraction) for fraction in sorted(settings.fractions)), units.size]
    log.info("%s: %d examples, %d weights of %d parameters", name.task, len(questions.named), units.size, parameters)
    if any(json.loads(path.read_text())["collapsed"] for path in args.metrics):
        log.info("%s: the model collapsed in fine-tuning, so that no curve is computed", name.task)
        answers = [NOT_ASKED] * len(removed)
    else:
        answer = partial(questions.examples.answer, model, args.budget)
        known = {count: found for path in args.first for count, found in ends(path).items()}
        answers = trace(units, removed, asked_once(answer, lambda: sum(units.removed.values()), known))
    about = {"unit": "weight", "criterion": settings.criterion, "norm": "none", "schedule": "one_shot"}
    found = table(removed, answers, {**name.model_dump(), **about, "metric": questions.metric})
    write_table(args.curve, found, parameters=parameters, weights=units.size, head_parameters=of_a_head, **hardware())


if __name__ == "__main__":
    run(main)
