"""Write the embedded world's articles, in the layout of wikimedia/wikipedia."""

import time
from pathlib import Path

from headcount.data.origins import ARTICLE_WRITERS, EMBEDDED
from headcount.jobs.command_line import arguments, mapping, recorded, run
from headcount.store.manifests import write_directory


def main() -> None:
    args = arguments(__doc__, seed=int, first=int, articles=int, languages=mapping, translated=float, directory=Path)
    started = time.monotonic()
    settings = recorded(args, "seed", "first", "articles", "languages", "translated")
    write = ARTICLE_WRITERS[EMBEDDED]
    write_directory(args.directory, lambda directory: write(directory, *settings.values()), settings, started)


if __name__ == "__main__":
    run(main)
