"""Write one task of the embedded world, in the layout of nyu-mll/glue."""

import time
from pathlib import Path

from headcount.jobs.command_line import arguments
from headcount.miniature.files import write_task
from headcount.store.manifests import write_directory


def main() -> None:
    args = arguments(__doc__, task=str, seed=int, train=int, validation=int, output=Path)
    started = time.monotonic()
    settings = {"task": args.task, "seed": args.seed, "train": args.train, "validation": args.validation}
    write_directory(args.output, lambda directory: write_task(directory, **settings), {"settings": settings}, started)


if __name__ == "__main__":
    main()
