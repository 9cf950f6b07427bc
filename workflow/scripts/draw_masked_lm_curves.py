"""Draw figure 2: relative performance on masked LM while heads are removed."""

from pathlib import Path

from headcount.figures.curves import masked_lm_curves
from headcount.figures.style import save, save_table
from headcount.jobs.command_line import arguments, paths, settings
from headcount.store.tables import read_tables


def main() -> None:
    args = arguments(__doc__, curves=paths, study=settings, output=Path)
    figure, table = masked_lm_curves(read_tables(args.curves), args.study.models, one_order=args.study.shared)
    save(figure, args.output.with_suffix(""))
    save_table(table, args.output.with_suffix(""))


if __name__ == "__main__":
    main()
