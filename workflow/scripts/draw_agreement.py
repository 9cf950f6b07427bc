"""Draw how far tasks and seeds agree on which heads matter."""

from pathlib import Path

from headcount.data.tasks import MASKED_LM
from headcount.figures.agreement import agreement_figure
from headcount.figures.style import save, save_table
from headcount.jobs.command_line import arguments, paths, settings
from headcount.store.tables import read_tables


def main() -> None:
    args = arguments(__doc__, agreement=paths, study=settings, output=Path)
    study = args.study
    figure, table = agreement_figure(read_tables(args.agreement), study.models, [*study.tasks, MASKED_LM])
    save(figure, args.output.with_suffix(""))
    save_table(table, args.output.with_suffix(""))


if __name__ == "__main__":
    main()
