"""Sample articles by a seeded rule on their id, and write them once, streaming."""

import time
from pathlib import Path

from headcount.data import sources
from headcount.data.articles import content, corpus_files, sampled_articles, write_shards
from headcount.jobs.command_line import arguments, recorded, run, typed
from headcount.progress import log
from headcount.settings.data import CorpusSource
from headcount.store.manifests import write_directory


def main() -> None:
    args = arguments(__doc__, settings=typed(CorpusSource), source=str, content=str, seen=Path, directory=Path)
    started = time.monotonic()
    wanted: CorpusSource = args.settings
    data = sources.data_set("corpus", args.source, wanted.revision)
    log.info(f"corpus: {data}")
    files = corpus_files(data, wanted.subset)
    articles = sampled_articles(files, wanted.fraction, wanted.seed, wanted.max_articles)
    record = {**recorded(args, "settings"), **data.record}

    def fill(directory: Path) -> None:
        record["articles"] = write_shards(articles, directory)
        record.update(data.confirmed(content(data, wanted.subset), args.content, args.seen))
        log.info(f"{record['articles']} articles of {len(files)} files")

    write_directory(args.directory, fill, record, started)


if __name__ == "__main__":
    run(main)
