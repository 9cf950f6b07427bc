"""Gather the points of every arm in which weights were pruned and something was trained."""

from pathlib import Path

from headcount.analysis.sparse_points import points_table
from headcount.jobs.command_line import any_paths, arguments, run
from headcount.store.tables import read_metrics, write_csv, write_table


def main() -> None:
    args = arguments(__doc__, study=str, pretrained=any_paths, points=any_paths, weights=Path)
    found = points_table(read_metrics([*args.pretrained, *args.points], args.study))
    write_table(args.weights, found)
    write_csv(args.weights.with_suffix(".csv"), found)


if __name__ == "__main__":
    run(main)
