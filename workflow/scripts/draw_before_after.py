"""Draw heads removed before fine-tuning against heads removed after it."""

from pathlib import Path

import pandas as pd

from headcount.figures.before_after import before_after_figure
from headcount.figures.style import save, save_table
from headcount.jobs.command_line import arguments, settings


def main() -> None:
    args = arguments(__doc__, table=Path, study=settings, output=Path)
    study = args.study
    figure, table = before_after_figure(pd.read_csv(args.table), study.models, study.tasks)
    save(figure, args.output.with_suffix(""))
    save_table(table, args.output.with_suffix(""))


if __name__ == "__main__":
    main()
