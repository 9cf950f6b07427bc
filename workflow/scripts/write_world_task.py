"""Write one task of the embedded world, in the layout of nyu-mll/glue."""

import time
from pathlib import Path

from headcount.data.origins import EMBEDDED, TASK_WRITERS
from headcount.jobs.command_line import arguments
from headcount.store.manifests import write_directory


def main() -> None:
    args = arguments(__doc__, task=str, seed=int, train=int, validation=int, output=Path)
    started = time.monotonic()
    settings = {"task": args.task, "seed": args.seed, "train": args.train, "validation": args.validation}
    write = TASK_WRITERS[EMBEDDED]
    write_directory(args.output, lambda directory: write(directory, *settings.values()), {"settings": settings}, started)


if __name__ == "__main__":
    main()
