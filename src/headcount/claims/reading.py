"""The tables that claims are judged by, read from the files of a study."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from headcount.claims.keys import WHOLE, Answered, Removed, Trained, Trial
from headcount.order.outcomes import point_name
from headcount.store.tables import read_metrics, read_table, read_table_metadata


def bounded(path: Path) -> pd.DataFrame:
    """The features of a model, with what counts as an outlier beside them."""
    about = read_table_metadata(path)
    return read_table(path).assign(**{name: about[name] for name in ("sigma", "share", "joint")})


def numbered(path: Path) -> pd.DataFrame:
    """An ablation's trials, each with its number."""
    table = read_table(path)
    return table.assign(row=range(len(table)))


def in_languages(path: Path) -> pd.DataFrame:
    """What a model answers in each language; whether that is the one of its fine-tuning, under a name that no file has."""
    return read_table(path).rename(columns={"source": "source_language"})


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
    "languages": lambda path, _: in_languages(path),
    "removals": lambda path, _: read_table(path),
}
"""How a file of each table is read as rows of a study."""


def together(read: Callable[[Path, str], pd.DataFrame], files: Sequence[Path], study: str) -> pd.DataFrame:
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


def removed(path: Path) -> Removed:
    """Whose outcomes a file holds, and which heads the model lost; none where the file says nothing of them."""
    about = read_table_metadata(path)
    which = (about["schedule"], about["criterion"], about["point"]) if "criterion" in about else WHOLE
    return about["model"], about["task"], about["seed"], *which


def trials(paths: Sequence[Path]) -> dict[Trial, pd.DataFrame]:
    """The outcomes in all languages, a table for each trial of each file; names are kept once, as categories.

    Raises:
        ValueError: a file that tells of more or fewer trials than it has, or a trial that another file has too.
    """
    found: dict[Trial, pd.DataFrame] = {}
    for path in paths:
        about, table = read_table_metadata(path), read_table(path).astype({"language": "category", "example": "category"})
        asked, columns = table[["language", "example", "label"]], [point_name(row) for row in range(len(about["trials"]))]
        if (others := [name for name in table.columns if name not in asked]) != columns:
            raise ValueError(f"{path}: its metadata tells of {len(columns)} trials, and its columns are {', '.join(others)}")
        for column, trial in zip(columns, about["trials"], strict=True):
            key = about["model"], about["seed"], trial["schedule"], trial["criterion"], trial["point"]
            if key in found:
                raise ValueError(f"{path}: the outcomes of {', '.join(map(str, key))} are in another file too")
            found[key] = asked.assign(**{point_name(0): table[column]})
    return found
