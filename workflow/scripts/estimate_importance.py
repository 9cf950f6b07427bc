"""Estimate the importance of every head of a model on a task, once, before any norm."""

from dataclasses import asdict
from pathlib import Path

import numpy as np

from headcount import encoders
from headcount.analysis.reliability import reliability
from headcount.criteria.contributions import Contributions
from headcount.criteria.gate_gradient import estimate
from headcount.jobs.command_line import arguments, run, typed
from headcount.jobs.gpus import device
from headcount.jobs.inputs import payload
from headcount.networks.task_examples import ask
from headcount.progress import followed, log
from headcount.settings.job_settings import ImportanceSample, RunName
from headcount.store.hardware import hardware
from headcount.store.tensors import write_importance


def main() -> None:
    args = arguments(
        __doc__,
        run=typed(RunName),
        settings=typed(ImportanceSample),
        device=device,
        budget=int,
        model=payload,
        data=payload,
        importance=Path,
    )
    run: RunName = args.run
    settings: ImportanceSample = args.settings
    questions = ask(run.task, args.data, args.model, run.seed, settings)
    examples = questions.examples
    model = encoders.load(args.model, questions.purpose, questions.labels).to(args.device)
    log.info("%s: %d examples, %d tokens", run.task, len(examples.lengths), sum(examples.lengths))
    each = Contributions(len(examples.lengths))
    rows = estimate(model, examples, args.budget, settings.estimator, settings.batch, followed("batches"), each)
    record = {**run.model_dump(), "estimator": settings.estimator, "examples": len(examples.lengths), **hardware()}
    write_importance(args.importance, np.stack(rows), **record, reliability=asdict(reliability(each)))


if __name__ == "__main__":
    run(main)
