"""Set heads removed before fine-tuning beside heads removed after it, in the task's own order and in the pre-train task's."""

from pathlib import Path

from headcount.artifacts import read_metrics, read_tables, write_csv
from headcount.commands import arguments, paths
from headcount.comparisons import before_after_table


def main() -> None:
    args = arguments(__doc__, own=paths, transferred=paths, masked_lm=paths, before=paths, ordinary=paths, output=Path)
    curves = [read_tables(files) for files in (args.own, args.transferred, args.masked_lm)]
    write_csv(args.output, before_after_table(*curves, read_metrics(args.before), read_metrics(args.ordinary)))


if __name__ == "__main__":
    main()
