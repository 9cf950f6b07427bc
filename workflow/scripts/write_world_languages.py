"""Write the test sets of the embedded world's languages, in the layout of facebook/xnli."""

import time
from pathlib import Path

from headcount.data.origins import EMBEDDED, TEST_SET_WRITERS
from headcount.jobs.command_line import arguments, mapping, recorded, run
from headcount.store.manifests import write_directory


def main() -> None:
    args = arguments(__doc__, seed=int, examples=int, languages=mapping, directory=Path)
    started = time.monotonic()
    settings = recorded(args, "seed", "examples", "languages")
    write = TEST_SET_WRITERS[EMBEDDED]
    write_directory(args.directory, lambda directory: write(directory, *settings.values()), settings, started)


if __name__ == "__main__":
    run(main)
