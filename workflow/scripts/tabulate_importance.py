"""Collect the importance of every head, under the norm by which the models' heads are ranked."""

from pathlib import Path

from headcount.analysis.importances import importances_table
from headcount.jobs.command_line import arguments, paths, run
from headcount.store.tables import write_table
from headcount.store.tensors import read_importance


def main() -> None:
    args = arguments(__doc__, study=str, importances=paths, table=Path)
    write_table(args.table, importances_table([read_importance(path) for path in args.importances], args.study))


if __name__ == "__main__":
    run(main)
