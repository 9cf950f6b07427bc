"""Write the embedded world's articles, in the layout of wikimedia/wikipedia."""

import time
from pathlib import Path

from headcount.data.origins import ARTICLE_WRITERS, EMBEDDED
from headcount.jobs.command_line import arguments
from headcount.store.manifests import write_directory


def main() -> None:
    args = arguments(__doc__, seed=int, first=int, count=int, output=Path)
    started = time.monotonic()
    settings = {"seed": args.seed, "first": args.first, "count": args.count}
    write = ARTICLE_WRITERS[EMBEDDED]
    write_directory(args.output, lambda directory: write(directory, *settings.values()), {"settings": settings}, started)


if __name__ == "__main__":
    main()
