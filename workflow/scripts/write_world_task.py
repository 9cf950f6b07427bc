"""Write one task of the embedded world, in the layout of nyu-mll/glue."""

import time
from pathlib import Path

from headcount.data.origins import EMBEDDED, TASK_WRITERS
from headcount.jobs.command_line import arguments, recorded, run
from headcount.store.manifests import write_directory


def main() -> None:
    args = arguments(__doc__, task=str, seed=int, train=int, validation=int, noise=float, directory=Path)
    started = time.monotonic()
    settings = recorded(args, "task", "seed", "train", "validation", "noise")
    write = TASK_WRITERS[EMBEDDED]
    write_directory(args.directory, lambda directory: write(directory, *settings.values()), settings, started)


if __name__ == "__main__":
    run(main)
