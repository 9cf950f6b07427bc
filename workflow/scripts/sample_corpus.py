"""Sample articles by a seeded rule on their id, and write them once, streaming."""

import time
from pathlib import Path

from headcount.artifacts import write_directory
from headcount.commands import arguments, log, settings
from headcount.corpus import sampled_articles, write_shards


def main() -> None:
    args = arguments(__doc__, source=str, settings=settings, output=Path)
    started = time.monotonic()
    wanted = args.settings
    record = {"settings": {**vars(wanted), "source": args.source}}
    articles = sampled_articles(args.source, wanted.subset, wanted.revision, wanted.fraction, wanted.seed, wanted.max_articles)

    def fill(directory: Path) -> None:
        record["articles"] = write_shards(articles, directory)
        log(f"{record['articles']} articles")

    write_directory(args.output, fill, record, started)


if __name__ == "__main__":
    main()
