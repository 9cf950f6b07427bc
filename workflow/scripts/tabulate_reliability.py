"""Collect how far each importance can be trusted."""

from pathlib import Path

from headcount.analysis.reliability import reliability_table
from headcount.jobs.command_line import arguments, paths, run
from headcount.store.tables import write_csv
from headcount.store.tensors import read_importance


def main() -> None:
    args = arguments(__doc__, study=str, importances=paths, table=Path)
    found = [{**read_importance(path)[1], "study": args.study} for path in args.importances]
    write_csv(args.table, reliability_table(found))


if __name__ == "__main__":
    run(main)
