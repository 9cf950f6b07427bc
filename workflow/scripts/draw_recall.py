"""Draw figure 3: how well the pre-train task's required heads cover those of the downstream tasks."""

from pathlib import Path

from headcount.figures.recall import recall_figure
from headcount.figures.style import save, save_table
from headcount.jobs.command_line import arguments, paths, settings
from headcount.store.tables import read_tables


def main() -> None:
    args = arguments(__doc__, recall=paths, study=settings, output=Path)
    study = args.study
    figure, table = recall_figure(read_tables(args.recall), study.models, study.tasks, study.crossing)
    save(figure, args.output.with_suffix(""))
    save_table(table, args.output.with_suffix(""))


if __name__ == "__main__":
    main()
