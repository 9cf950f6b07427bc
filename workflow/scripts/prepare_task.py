"""Read a task's training and validation set, check them, and write them in this project's columns."""

import time
from pathlib import Path

from headcount.data import reading, sources, splits
from headcount.data.sampling import sample
from headcount.data.tasks import TASKS
from headcount.jobs.command_line import arguments, recorded, run, typed
from headcount.progress import log
from headcount.settings.data import Source
from headcount.settings.tasks import TaskData
from headcount.store.manifests import write_directory
from headcount.store.tables import write_table


def main() -> None:
    args = arguments(__doc__, task=str, settings=typed(Source, TaskData), source=str, content=str, seen=Path, directory=Path)
    started = time.monotonic()
    settings: Source | TaskData = args.settings
    own = settings.examples(args.task) if isinstance(settings, TaskData) else None
    data = own.repository() if own else sources.data_set("glue", args.source, settings.revision)
    log.info(f"{args.task}: {data}")
    record = {**recorded(args, "task", "settings"), **data.record}
    at_most = {"train": settings.max_train, "validation": settings.max_validation}

    def fill(directory: Path) -> None:
        if own and isinstance(settings, TaskData):
            with reading.opened(own, data) as found:
                tables, asked = reading.both_splits(found, **settings.splits)
            patterns = own.content(data.folder)
        else:
            tables, asked = splits.both_splits(args.task, data), TASKS[args.task]
            patterns = splits.content(args.task, data)
        for split, rows in tables.items():
            if at_most[split]:
                kept = sample(0, rows["idx"].astype(str).tolist(), at_most=at_most[split])
                rows = rows.iloc[kept].reset_index(drop=True)
            log.info(f"{args.task} {split}: {len(rows)} examples, labels {', '.join(asked.labels)}")
            write_table(directory / f"{split}.parquet", rows, revision=settings.revision, **data.record, **asked.record)
        record.update(data.confirmed(patterns, args.content, args.seen))

    write_directory(args.directory, fill, record, started)


if __name__ == "__main__":
    run(main)
