"""Set heads removed before fine-tuning beside heads removed after it, in the task's own order and in the pre-train task's."""

from pathlib import Path

from headcount.analysis.before_after import before_after_table
from headcount.jobs.command_line import arguments, paths, run
from headcount.store.tables import read_metrics, read_tables, write_csv


def main() -> None:
    args = arguments(__doc__, own=paths, transferred=paths, masked_lm=paths, before=paths, ordinary=paths, table=Path)
    curves = [read_tables(files) for files in (args.own, args.transferred, args.masked_lm)]
    write_csv(args.table, before_after_table(*curves, read_metrics(args.before), read_metrics(args.ordinary)))


if __name__ == "__main__":
    run(main)
