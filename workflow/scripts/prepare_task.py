"""Read a task's training and validation set, check them, and write them in this project's columns."""

from pathlib import Path

from headcount.artifacts import write_table
from headcount.commands import arguments, log, settings
from headcount.sampling import sample
from headcount.tasks import TASKS, load_split


def main() -> None:
    args = arguments(__doc__, task=str, source=str, settings=settings, train=Path, validation=Path)
    for split, path in (("train", args.train), (TASKS[args.task].validation, args.validation)):
        rows = load_split(args.task, split, args.source, args.settings.revision)
        if split == "train" and args.settings.max_train:
            kept = sample(0, rows["idx"].astype(str).tolist(), at_most=args.settings.max_train)
            rows = rows.iloc[kept].reset_index(drop=True)
        log(f"{args.task} {split}: {len(rows)} examples")
        write_table(path, rows, source=args.source, revision=args.settings.revision)


if __name__ == "__main__":
    main()
