"""Sample articles by a seeded rule on their id, and write them once, streaming."""

import time
from pathlib import Path

from headcount.data import sources
from headcount.data.articles import corpus_files, sampled_articles, write_shards
from headcount.jobs.command_line import arguments, run, settings
from headcount.progress import log
from headcount.store.manifests import write_directory


def main() -> None:
    args = arguments(__doc__, source=str, settings=settings, output=Path)
    started = time.monotonic()
    wanted = args.settings
    data = sources.data_set("corpus", args.source, wanted.revision)
    log.info(f"corpus: {data}")
    files = corpus_files(data, wanted.subset)
    articles = sampled_articles(files, wanted.fraction, wanted.seed, wanted.max_articles)
    record = {"settings": {**vars(wanted), "source": args.source}, **data.record}

    def fill(directory: Path) -> None:
        record["articles"] = write_shards(articles, directory)
        log.info(f"{record['articles']} articles of {len(files)} files")

    write_directory(args.output, fill, record, started)


if __name__ == "__main__":
    run(main)
