"""Judge the paper's claims by the tables of a study; a table that is not given is one that the study does not have."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from headcount.claims import Settings, Tables, judge, markdown, printable
from headcount.jobs.command_line import any_paths, arguments, mapping, run
from headcount.store.files import replacing, write_json
from headcount.store.tables import read_metrics, read_table

READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    "curves": read_table,
    "metrics": lambda path: read_metrics([path]),
    "recall": read_table,
    "heads": read_table,
    "layers": read_table,
    "freezing": pd.read_csv,
}


def together(read: Callable[[Path], pd.DataFrame], files: list[Path]) -> pd.DataFrame:
    """The rows of all files, each with the file that it came from."""
    parts = [read(path).assign(source=path.as_posix()) for path in files]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def main() -> None:
    args = arguments(__doc__, settings=mapping, claims=Path, **dict.fromkeys(READERS, any_paths))
    tables = Tables(**{name: together(read, getattr(args, name)) for name, read in READERS.items()})
    verdicts = judge(tables, Settings.of(args.settings))
    write_json(args.claims, verdicts.model_dump(mode="json"))
    with replacing(args.claims.with_suffix(".md")) as temporary:
        temporary.write_text(markdown(verdicts), encoding="utf-8")
    print(printable(verdicts))


if __name__ == "__main__":
    run(main)
