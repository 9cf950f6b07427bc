"""Write the embedded world's articles, in the layout of wikimedia/wikipedia."""

import time
from pathlib import Path

from headcount.jobs.command_line import arguments
from headcount.miniature.files import write_articles
from headcount.store.manifests import write_directory


def main() -> None:
    args = arguments(__doc__, seed=int, first=int, count=int, output=Path)
    started = time.monotonic()
    settings = {"seed": args.seed, "first": args.first, "count": args.count}
    write_directory(args.output, lambda directory: write_articles(directory, **settings), {"settings": settings}, started)


if __name__ == "__main__":
    main()
