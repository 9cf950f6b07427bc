"""Measure how far fine-tuning moved each head's attention and each layer's hidden states."""

from pathlib import Path

from headcount import encoders
from headcount.analysis.divergence import measure
from headcount.jobs.command_line import arguments, run, typed
from headcount.jobs.gpus import device
from headcount.jobs.inputs import payload
from headcount.networks.task_examples import ask
from headcount.progress import followed, log
from headcount.settings.job_settings import RunName, Sample
from headcount.store.hardware import hardware
from headcount.store.tensors import write_divergence


def main() -> None:
    args = arguments(
        __doc__,
        run=typed(RunName),
        settings=typed(Sample),
        device=device,
        budget=int,
        pretrained=payload,
        model=payload,
        data=payload,
        divergence=Path,
    )
    run: RunName = args.run
    questions = ask(run.task, args.data, args.model, run.seed, args.settings)
    examples = questions.examples
    pretrained = encoders.load(args.pretrained, encoders.BODY_ALONE).to(args.device)
    finetuned = encoders.load(args.model, questions.purpose, questions.labels).to(args.device)
    log.info("%s: %d examples, %d tokens", run.task, len(examples.lengths), sum(examples.lengths))
    found = measure(pretrained, finetuned, examples, args.budget, followed("batches"))
    record = {**run.model_dump(), "examples": len(examples.lengths), **hardware()}
    write_divergence(args.divergence, vars(found), **record)


if __name__ == "__main__":
    run(main)
