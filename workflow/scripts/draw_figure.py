"""Draw one of the figures, or table 1, from tables alone. Which tables it takes, the list of figures says."""

from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from headcount.figures import FIGURES, Shown
from headcount.figures.style import save, save_table
from headcount.jobs.command_line import arguments, paths, run, typed
from headcount.store.tables import read_described, read_metrics

READERS: dict[str, Callable[[Sequence[Path], str, Sequence[str]], pd.DataFrame]] = {
    ".parquet": lambda files, _, names: read_described(files, names),
    ".json": lambda files, study, _: read_metrics(files, study),
    ".csv": lambda files, *_: pd.concat([pd.read_csv(path) for path in files], ignore_index=True),
}


def name_of_figure() -> str:
    parser = ArgumentParser(add_help=False)
    parser.add_argument("--figure", required=True)
    return str(parser.parse_known_args()[0].figure)


def main() -> None:
    figure = FIGURES[name_of_figure()]
    inputs = dict.fromkeys(figure.inputs, paths)
    args = arguments(__doc__, figure=str, study=typed(Shown), svg=Path, **inputs)
    given: dict[str, Sequence[Path]] = {name: getattr(args, name) for name in inputs}
    about = args.study.study, figure.metadata
    tables = {name: READERS[files[0].suffix](files, *about) for name, files in given.items()}
    picture, table = figure.draw(tables, args.study)
    save(picture, args.svg.with_suffix(""))
    save_table(table, args.svg.with_suffix(""))


if __name__ == "__main__":
    run(main)
