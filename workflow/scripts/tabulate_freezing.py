"""Set each fine-tuning with frozen lower layers beside the ordinary one of the same seed."""

from pathlib import Path

from headcount.analysis.before_after import freezing_table
from headcount.jobs.command_line import arguments, paths, run
from headcount.store.tables import read_metrics, write_csv


def main() -> None:
    args = arguments(__doc__, frozen=paths, ordinary=paths, table=Path)
    write_csv(args.table, freezing_table(read_metrics(args.frozen), read_metrics(args.ordinary)))


if __name__ == "__main__":
    run(main)
