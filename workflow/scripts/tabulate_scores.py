"""Collect the scores of all fine-tuned models, and draw table 1: data and scores."""

from pathlib import Path

from headcount.figures.scores import score_figure, score_table
from headcount.figures.style import save, save_table
from headcount.jobs.command_line import arguments, paths
from headcount.report.results_page import average_scores
from headcount.store.tables import read_metrics, write_csv


def main() -> None:
    args = arguments(__doc__, metrics=paths, scores=Path, averages=Path, output=Path)
    metrics = read_metrics(args.metrics)
    write_csv(args.scores, metrics)
    write_csv(args.averages, average_scores(metrics))
    sizes = metrics[["task", "train", "validation"]].drop_duplicates()
    table = score_table(sizes, metrics)
    save(score_figure(table), args.output.with_suffix(""))
    save_table(table, args.output.with_suffix(""))


if __name__ == "__main__":
    main()
