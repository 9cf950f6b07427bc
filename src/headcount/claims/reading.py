"""The tables that claims are judged by, read from the files of a study."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from headcount.claims.tables import Answered, Trained
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
