"""Draw figure 6: importance of each head against how far fine-tuning moves it."""

from pathlib import Path

from headcount.figures.scatter import importance_divergence_figure
from headcount.figures.style import save, save_table
from headcount.jobs.command_line import arguments, paths, settings
from headcount.store.tables import read_metrics, read_table


def main() -> None:
    args = arguments(__doc__, heads=Path, metrics=paths, study=settings, output=Path)
    study = args.study
    heads, collapsed = read_table(args.heads), read_metrics(args.metrics)
    figure, table = importance_divergence_figure(heads, study.models[0], study.tasks, collapsed=collapsed)
    save(figure, args.output.with_suffix(""))
    save_table(table, args.output.with_suffix(""))


if __name__ == "__main__":
    main()
