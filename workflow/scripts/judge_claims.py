"""Judge the papers' claims by the tables of a study; a table that is not given is one that the study does not have.

``--outcomes`` and ``--orders`` are those of ``--curves``, in the same order; ``--answers``, the outcomes of fine-tuned models.
``--ablation-outcomes`` are those of ``--ablations``, in the same order. ``--weight-outcomes``, each of a model that was pruned
weight by weight and trained, say themselves whose they are.
"""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from headcount.claims import Answered, Settings, Tables, Trained, judge, markdown, printable
from headcount.jobs.command_line import any_paths, arguments, mapping, run
from headcount.order.curve import units_in
from headcount.store.files import replacing, write_json
from headcount.store.tables import read_metrics, read_table, read_table_metadata


def bounded(path: Path) -> pd.DataFrame:
    """The features of a model, with what counts as an outlier beside them."""
    about = read_table_metadata(path)
    return read_table(path).assign(**{name: about[name] for name in ("sigma", "share", "joint")})


def numbered(path: Path) -> pd.DataFrame:
    """An ablation's trials, each with its number."""
    table = read_table(path)
    return table.assign(row=range(len(table)))


READERS: dict[str, Callable[[Path, str], pd.DataFrame]] = {
    "curves": lambda path, _: read_table(path),
    "metrics": lambda path, study: read_metrics([path], study),
    "recall": lambda path, _: read_table(path),
    "heads": lambda path, _: read_table(path),
    "layers": lambda path, _: read_table(path),
    "freezing": lambda path, _: pd.read_csv(path),
    "before_after": lambda path, _: pd.read_csv(path),
    "features": lambda path, _: bounded(path),
    "ablations": lambda path, _: numbered(path),
    "emergence": lambda path, _: read_table(path),
    "weights": lambda path, _: read_table(path),
    "movements": lambda path, study: read_table(path).assign(study=study),
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


def trained(path: Path) -> Trained:
    """Whose outcomes a file holds, and how the model was pruned and trained."""
    about = read_table_metadata(path)
    return about["model"], about["task"], about["seed"], about["criterion"], about["schedule"], about["fraction"]


def main() -> None:
    beside = dict.fromkeys(("outcomes", "orders", "answers", "ablation_outcomes", "weight_outcomes"), any_paths)
    args = arguments(__doc__, settings=mapping, claims=Path, **dict.fromkeys(READERS, any_paths), **beside)
    settings = Settings.of(args.settings)
    sources, ablations = ([path.as_posix() for path in paths] for paths in (args.curves, args.ablations))
    tables = Tables(
        **{name: together(read, getattr(args, name), settings.study) for name, read in READERS.items()},
        outcomes=dict(zip(sources, map(read_table, args.outcomes), strict=True)),
        orders=dict(zip(sources, map(units_in, map(read_table, args.orders)), strict=True)),
        answers={answered(path): read_table(path) for path in args.answers},
        ablation_outcomes=dict(zip(ablations, map(read_table, args.ablation_outcomes), strict=True)),
        weight_outcomes={trained(path): read_table(path) for path in args.weight_outcomes},
    )
    verdicts = judge(tables, settings)
    write_json(args.claims, verdicts.as_json())
    with replacing(args.claims.with_suffix(".md")) as temporary:
        temporary.write_text(markdown(verdicts), encoding="utf-8")
    print(printable(verdicts))


if __name__ == "__main__":
    run(main)
