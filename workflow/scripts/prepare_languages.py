"""Read a test set in several languages, check that all say the same, and write it in this project's columns."""

import time
from pathlib import Path

from headcount.data.tasks import TASKS, TEST_SETS
from headcount.data.test_sets import content, read_test_sets, repository
from headcount.jobs.command_line import arguments, recorded, run, typed
from headcount.progress import log
from headcount.settings.languages import TestSets
from headcount.store.manifests import write_directory
from headcount.store.tables import write_table


def main() -> None:
    args = arguments(__doc__, settings=typed(TestSets), source=str, content=str, seen=Path, directory=Path)
    started = time.monotonic()
    asked: TestSets = args.settings
    task = TASKS[TEST_SETS[asked.name].trained_as]
    data = repository(args.source, asked.revision)
    log.info(f"{asked.name}: {data}")
    record = {**recorded(args, "settings"), **data.record}

    def fill(directory: Path) -> None:
        rows = read_test_sets(asked.name, asked.languages, data, asked.max_examples)
        log.info(f"{asked.name}: {len(rows) // len(asked.languages)} examples in each of {len(asked.languages)} languages")
        write_table(directory / "test.parquet", rows, revision=asked.revision, **data.record, **task.record)
        record.update(data.confirmed(content(asked.name, asked.languages, data), args.content, args.seen))

    write_directory(args.directory, fill, record, started)


if __name__ == "__main__":
    run(main)
