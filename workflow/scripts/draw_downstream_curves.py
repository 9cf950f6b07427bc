"""Draw figure 1: relative performance on the downstream tasks while heads are removed."""

from pathlib import Path

from headcount.figures.curves import relative_curves
from headcount.figures.style import save, save_table
from headcount.jobs.command_line import arguments, paths, settings
from headcount.store.tables import read_metrics, read_tables


def main() -> None:
    args = arguments(__doc__, curves=paths, metrics=paths, study=settings, output=Path)
    curves = read_tables(args.curves)
    study = args.study
    figure, table = relative_curves(
        curves, study.models, study.tasks, collapsed=read_metrics(args.metrics), one_order=study.shared
    )
    save(figure, args.output.with_suffix(""))
    save_table(table, args.output.with_suffix(""))


if __name__ == "__main__":
    main()
