"""Collect the scores of all fine-tuned models, and average those of each model."""

from pathlib import Path

from headcount.analysis.scores import average_scores
from headcount.jobs.command_line import arguments, paths, run
from headcount.store.tables import read_metrics, write_csv


def main() -> None:
    args = arguments(__doc__, study=str, metrics=paths, scores=Path, averages=Path)
    metrics = read_metrics(args.metrics, args.study)
    write_csv(args.scores, metrics)
    write_csv(args.averages, average_scores(metrics))


if __name__ == "__main__":
    run(main)
