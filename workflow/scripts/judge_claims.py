"""Judge the paper's claims by the tables of a study; a table that is not given is one that the study does not have.

``--outcomes`` and ``--orders`` are those of ``--curves``, in the same order; ``--answers``, the outcomes of fine-tuned models.
"""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from headcount.claims import Answered, Settings, Tables, judge, markdown, printable
from headcount.jobs.command_line import any_paths, arguments, mapping, run
from headcount.order.curve import units_in
from headcount.store.files import replacing, write_json
from headcount.store.tables import read_metrics, read_table, read_table_metadata

READERS: dict[str, Callable[[Path, str], pd.DataFrame]] = {
    "curves": lambda path, _: read_table(path),
    "metrics": lambda path, study: read_metrics([path], study),
    "recall": lambda path, _: read_table(path),
    "heads": lambda path, _: read_table(path),
    "layers": lambda path, _: read_table(path),
    "freezing": lambda path, _: pd.read_csv(path),
    "before_after": lambda path, _: pd.read_csv(path),
}
"""How a file of each table is read as rows of a study."""


def together(read: Callable[[Path, str], pd.DataFrame], files: list[Path], study: str) -> pd.DataFrame:
    """The rows of all files, each with the file that it came from."""
    parts = [read(path, study).assign(source=path.as_posix()) for path in files]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def answered(path: Path) -> Answered:
    """Whose outcomes a file holds, and what was done to the model before it was fine-tuned."""
    about = read_table_metadata(path)
    return about["model"], about["task"], about["seed"], about.get("frozen", about.get("removed"))


def main() -> None:
    beside = dict.fromkeys(("outcomes", "orders", "answers"), any_paths)
    args = arguments(__doc__, settings=mapping, claims=Path, **dict.fromkeys(READERS, any_paths), **beside)
    settings, sources = Settings.of(args.settings), [path.as_posix() for path in args.curves]
    tables = Tables(
        **{name: together(read, getattr(args, name), settings.study) for name, read in READERS.items()},
        outcomes=dict(zip(sources, map(read_table, args.outcomes), strict=True)),
        orders=dict(zip(sources, map(units_in, map(read_table, args.orders)), strict=True)),
        answers={answered(path): read_table(path) for path in args.answers},
    )
    verdicts = judge(tables, settings)
    write_json(args.claims, verdicts.model_dump(mode="json"))
    with replacing(args.claims.with_suffix(".md")) as temporary:
        temporary.write_text(markdown(verdicts), encoding="utf-8")
    print(printable(verdicts))


if __name__ == "__main__":
    run(main)
