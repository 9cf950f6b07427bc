"""Estimate the importance of every head of a model on a task, once, before any norm."""

from pathlib import Path

import numpy as np

from headcount import encoders
from headcount.criteria.gate_gradient import estimate
from headcount.jobs.command_line import arguments, settings
from headcount.jobs.gpus import device
from headcount.jobs.inputs import payload
from headcount.networks.task_examples import ask
from headcount.progress import followed, log
from headcount.store.tensors import write_importance


def main() -> None:
    args = arguments(
        __doc__, model=payload, data=payload, task=str, seed=int, settings=settings, device=device, budget=int, output=Path
    )
    wanted = args.settings
    questions = ask(args.task, args.data, args.model, args.seed, wanted)
    examples = questions.examples
    model = encoders.load(args.model, questions.purpose).to(args.device)
    log.info(f"{args.task}: {len(examples.lengths)} examples, {sum(examples.lengths)} tokens")
    rows = estimate(model, examples, args.budget, wanted.estimator, wanted.batch, followed("batches"))
    record = {"task": args.task, "seed": args.seed, "estimator": wanted.estimator, "examples": len(examples.lengths)}
    write_importance(args.output, np.stack(rows), **record)


if __name__ == "__main__":
    main()
