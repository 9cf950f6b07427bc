"""Read a test set in several languages, check that all say the same, and write it in this project's columns."""

import time
from pathlib import Path

from headcount.data.test_sets import content, read_test_sets, repository
from headcount.jobs.command_line import arguments, mapping, recorded, run
from headcount.progress import log
from headcount.store.manifests import write_directory
from headcount.store.tables import write_table


def main() -> None:
    args = arguments(__doc__, test_set=str, settings=mapping, source=str, content=str, seen=Path, directory=Path)
    started = time.monotonic()
    revision, languages = args.settings["revision"], args.settings["languages"]
    data = repository(args.source, revision)
    log.info(f"{args.test_set}: {data}")
    record = {**recorded(args, "test_set", "settings"), **data.record}

    def fill(directory: Path) -> None:
        rows = read_test_sets(args.test_set, languages, data, args.settings["max_examples"])
        log.info(f"{args.test_set}: {len(rows) // len(languages)} examples in each of {len(languages)} languages")
        write_table(directory / "test.parquet", rows, revision=revision, **data.record)
        record.update(data.confirmed(content(args.test_set, languages, data), args.content, args.seen))

    write_directory(args.directory, fill, record, started)


if __name__ == "__main__":
    run(main)
