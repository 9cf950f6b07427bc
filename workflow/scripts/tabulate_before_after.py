"""Set heads removed before fine-tuning beside heads removed after it, in the task's own order and in the pre-train task's."""

from pathlib import Path

from headcount.analysis.before_after import before_after_table
from headcount.jobs.command_line import arguments, paths, run
from headcount.store.tables import read_metrics, read_tables, write_csv


def main() -> None:
    files = dict.fromkeys(("own", "transferred", "masked_lm", "before", "ordinary"), paths)
    args = arguments(__doc__, study=str, **files, table=Path)
    curves = [read_tables(files) for files in (args.own, args.transferred, args.masked_lm)]
    before, ordinary = (read_metrics(files, args.study) for files in (args.before, args.ordinary))
    write_csv(args.table, before_after_table(*curves, before, ordinary))


if __name__ == "__main__":
    run(main)
