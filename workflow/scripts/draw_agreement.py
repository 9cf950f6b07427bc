"""Draw how far tasks and seeds agree on which heads matter."""

from pathlib import Path

from headcount.artifacts import read_tables
from headcount.commands import arguments, paths, settings
from headcount.figures.style import save, save_table
from headcount.figures.transfer import agreement_figure
from headcount.tasks import MASKED_LM


def main() -> None:
    args = arguments(__doc__, agreement=paths, study=settings, output=Path)
    study = args.study
    figure, table = agreement_figure(read_tables(args.agreement), study.models, [*study.tasks, MASKED_LM])
    save(figure, args.output.with_suffix(""))
    save_table(table, args.output.with_suffix(""))


if __name__ == "__main__":
    main()
