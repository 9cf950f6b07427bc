"""Ask a model a task while its single weights are zeroed, the smallest first or drawn; nothing is trained.

A model that collapsed in fine-tuning is not asked: its curve has its points and no scores.
"""

import json
from pathlib import Path

from headcount import encoders
from headcount.jobs.command_line import any_paths, arguments, run, typed
from headcount.jobs.gpus import device
from headcount.jobs.inputs import payload
from headcount.networks.task_examples import ask
from headcount.order.curve import table, trace
from headcount.order.outcomes import NOT_ASKED
from headcount.progress import log
from headcount.settings.job_settings import RunName, WeightCurve
from headcount.store.hardware import hardware
from headcount.store.tables import write_table
from headcount.units.heads import parameters_of_a_head
from headcount.units.weights import drawn_weights, weights_by_magnitude


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
        answers = trace(units, removed, lambda: questions.examples.answer(model, args.budget))
    about = {"unit": "weight", "criterion": settings.criterion, "norm": "none", "schedule": "one_shot"}
    found = table(removed, answers, {**name.model_dump(), **about, "metric": questions.metric})
    write_table(args.curve, found, parameters=parameters, weights=units.size, head_parameters=of_a_head, **hardware())


if __name__ == "__main__":
    run(main)
