"""Set each fine-tuning with frozen lower layers beside the ordinary one of the same seed."""

from pathlib import Path

from headcount.artifacts import read_metrics, write_csv
from headcount.commands import arguments, paths
from headcount.comparisons import freezing_table


def main() -> None:
    args = arguments(__doc__, frozen=paths, ordinary=paths, output=Path)
    write_csv(args.output, freezing_table(read_metrics(args.frozen), read_metrics(args.ordinary)))


if __name__ == "__main__":
    main()
