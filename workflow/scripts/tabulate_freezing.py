"""Set each fine-tuning with frozen lower layers beside the ordinary one of the same seed."""

from pathlib import Path

from headcount.analysis.before_after import freezing_table
from headcount.jobs.command_line import arguments, paths, run
from headcount.store.tables import read_metrics, write_csv


def main() -> None:
    args = arguments(__doc__, study=str, frozen=paths, ordinary=paths, table=Path)
    frozen, ordinary = (read_metrics(files, args.study) for files in (args.frozen, args.ordinary))
    write_csv(args.table, freezing_table(frozen, ordinary))


if __name__ == "__main__":
    run(main)
