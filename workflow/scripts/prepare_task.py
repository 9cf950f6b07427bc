"""Read a task's training and validation set, check them, and write them in this project's columns."""

import time
from pathlib import Path

from headcount.data import sources
from headcount.data.sampling import sample
from headcount.data.splits import content, load_split
from headcount.data.tasks import TASKS
from headcount.jobs.command_line import arguments, recorded, run, typed
from headcount.progress import log
from headcount.settings.data import Source
from headcount.store.manifests import write_directory
from headcount.store.tables import write_table


def main() -> None:
    args = arguments(__doc__, task=str, settings=typed(Source), source=str, content=str, seen=Path, directory=Path)
    started = time.monotonic()
    data = sources.data_set("glue", args.source, args.settings.revision)
    log.info(f"{args.task}: {data}")
    record = {**recorded(args, "task", "settings"), **data.record}
    at_most = {"train": args.settings.max_train, "validation": args.settings.max_validation}

    def fill(directory: Path) -> None:
        for split, name in (("train", "train"), (TASKS[args.task].validation, "validation")):
            rows = load_split(args.task, split, data)
            if at_most[name]:
                kept = sample(0, rows["idx"].astype(str).tolist(), at_most=at_most[name])
                rows = rows.iloc[kept].reset_index(drop=True)
            log.info(f"{args.task} {split}: {len(rows)} examples")
            write_table(directory / f"{name}.parquet", rows, revision=args.settings.revision, **data.record)
        record.update(data.confirmed(content(args.task, data), args.content, args.seen))

    write_directory(args.directory, fill, record, started)


if __name__ == "__main__":
    run(main)
