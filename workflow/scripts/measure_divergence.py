"""Measure how far fine-tuning moved a model's attention and hidden states on its task's texts."""

from pathlib import Path

from headcount import encoders
from headcount.analysis.divergence import measure
from headcount.jobs.command_line import arguments, settings
from headcount.jobs.gpus import device
from headcount.jobs.inputs import payload
from headcount.networks.task_examples import ask
from headcount.progress import followed, log
from headcount.store.tensors import write_divergence


def main() -> None:
    args = arguments(
        __doc__,
        model=payload,
        pretrained=payload,
        data=payload,
        task=str,
        seed=int,
        settings=settings,
        device=device,
        budget=int,
        output=Path,
    )
    questions = ask(args.task, args.data, args.model, args.seed, args.settings)
    examples = questions.examples
    pretrained = encoders.load(args.pretrained, "ForMaskedLM").to(args.device)
    finetuned = encoders.load(args.model, questions.purpose).to(args.device)
    log.info(f"{args.task}: {len(examples.lengths)} examples, {sum(examples.lengths)} tokens")
    found = measure(pretrained, finetuned, examples, args.budget, followed("batches"))
    record = {"task": args.task, "seed": args.seed, "examples": len(examples.lengths)}
    write_divergence(args.output, found.attention_js, found.hidden_l2, **record)


if __name__ == "__main__":
    main()
