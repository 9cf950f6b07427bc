"""Collect how far each importance can be trusted."""

from pathlib import Path

from headcount.analysis.reliability import reliability_table
from headcount.jobs.command_line import arguments, paths, run
from headcount.store.tables import write_csv
from headcount.store.tensors import read_importance


def main() -> None:
    args = arguments(__doc__, importances=paths, table=Path)
    write_csv(args.table, reliability_table([read_importance(path)[1] for path in args.importances]))


if __name__ == "__main__":
    run(main)
