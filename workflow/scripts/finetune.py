"""Fine-tune a pre-trained model on a task, and score it on the validation set."""

import shutil
import time
from pathlib import Path

from headcount.artifacts import manifest_path, read_table, write_directory, write_json
from headcount.commands import arguments, log, mapping, settings
from headcount.finetuning import finetune, metrics
from headcount.text import TextEncoder, copy_tokenizer


def main() -> None:
    args = arguments(
        __doc__,
        model=Path,
        train=Path,
        validation=Path,
        run=mapping,
        recipe=settings,
        device=str,
        budget=int,
        work=Path,
        output=Path,
        metrics=Path,
        history=Path,
    )
    started = time.monotonic()
    task, seed = args.run["task"], args.run["seed"]
    train, validation = read_table(args.train), read_table(args.validation)
    model, history = finetune(args.model, train, task, args.recipe, seed, args.device, args.work)
    found = metrics(model, train, validation, task, TextEncoder(args.model), args.recipe.max_length, args.budget)
    log(f"{found['metric']} {found['score']:.3f} (majority {found['majority_score']:.3f}), collapsed: {found['collapsed']}")

    def fill(directory: Path) -> None:
        model.save_pretrained(directory)
        copy_tokenizer(args.model, directory)

    made_by = {
        **args.run,
        "settings": vars(args.recipe),
        "device": args.device,
        "inputs": {"model": mapping(manifest_path(args.model).read_text())["files"]},
        "metrics": found,
    }
    write_directory(args.output, fill, made_by, started)
    write_json(args.metrics, {**args.run, **found})
    write_json(args.history, history)
    shutil.rmtree(args.work, ignore_errors=True)


if __name__ == "__main__":
    main()
