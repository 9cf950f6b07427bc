"""The tables that claims are judged by, and one number per seed from each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pandas as pd

from headcount.analysis.counted import LEFT_OUT, USED, collapsed_runs, fate, needs_no_head
from headcount.analysis.required import Crossing, largest_removed
from headcount.claims.bars import Role
from headcount.data.tasks import title

Value = Callable[[pd.DataFrame], float | None]
"""From the rows of one run to its number, if it has one."""


@dataclass(frozen=True)
class Settings:
    """What the verdicts have to know of a study.

    Args:
        roles: the study's model that stands for each of the paper's, if one does.
        norm: whose curves are read; a model that has curves of one norm alone is read in that.
        crossing: which crossing of a level counts on a curve that wiggles.
        schedule: of the curves that are read.
    """

    study: str
    roles: Mapping[Role, str | None]
    norm: str = "l1"
    crossing: Crossing = "first_crossing"
    schedule: str = "one_shot"

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Settings:
        """From the study's own keys ``study``, ``roles``, ``transfer`` and ``pruning``; the others are not looked at."""
        roles: dict[Role, str | None] = {role: settings["roles"].get(role) for role in ("main", "shared", "appendix")}
        transfer, schedule = settings["transfer"], settings["pruning"]["schedule"]
        return cls(settings["study"], roles, transfer["norm"], transfer["crossing"], schedule)


@dataclass(frozen=True)
class Runs:
    """One number per seed of a model on a task; the seeds left out, each with the reason; the files it all came from."""

    model: str
    task: str
    by_seed: Mapping[int, float]
    left_out: Mapping[int, str]
    sources: frozenset[str]

    @property
    def name(self) -> str:
        return f"{self.model}, {title(self.task)}"


@dataclass(frozen=True)
class Tables:
    """The tables of a study, any of which may be empty.

    A column ``source`` names the file that a row came from; without it, a claim names no sources.
    """

    curves: pd.DataFrame = field(default_factory=pd.DataFrame)
    metrics: pd.DataFrame = field(default_factory=pd.DataFrame)
    recall: pd.DataFrame = field(default_factory=pd.DataFrame)
    heads: pd.DataFrame = field(default_factory=pd.DataFrame)
    layers: pd.DataFrame = field(default_factory=pd.DataFrame)
    freezing: pd.DataFrame = field(default_factory=pd.DataFrame)

    def refuse_others(self, study: str) -> None:
        """Raise a ``ValueError`` if there are rows of another study."""
        for one in fields(self):
            table = getattr(self, one.name)
            if len(table) and (others := set(table["study"]) - {study}):
                raise ValueError(f"{one.name}: rows of study {min(others)!r} among those of {study!r}")

    def rows(self, table: str, **wanted: str | float) -> pd.DataFrame:
        """The rows of a table whose columns have these values; numbers with a point up to rounding."""
        found: pd.DataFrame = getattr(self, table)
        if found.empty:
            return found
        wholly = np.ones(len(found), bool)
        for column, value in wanted.items():
            has = found[column]
            wholly &= np.isclose(has.astype(float), value) if isinstance(value, float) else (has == value).to_numpy(bool)
        return found[wholly]

    def norm_of(self, table: str, model: str, norm: str, **wanted: str) -> str:
        """The norm that a model is read in: ``norm``, or the only one that its rows with these values have."""
        rows = self.rows(table, model=model, **wanted)
        norms = set() if rows.empty else set(rows["norm"])
        return min(norms) if len(norms) == 1 else norm

    def per_seed(self, table: str, model: str, task: str, value: Value, **wanted: str | float) -> Runs:
        """A number per seed, from a model's rows on a task.

        Which runs count, ``headcount.analysis.counted`` decides; that a run collapsed, the table itself or the metrics say.
        """
        rows, metrics = self.rows(table, model=model, task=task, **wanted), self.rows("metrics", model=model, task=task)
        collapsed = {seed for one in (rows, metrics) if "collapsed" in one for _, _, seed in collapsed_runs(one)}
        by_seed: dict[int, float] = {}
        left_out: dict[int, str] = {}
        for seed in sorted({int(seed) for seed in rows["seed"]}) if len(rows) else ():
            run = rows[rows["seed"] == seed]
            number = None if seed in collapsed else value(run)
            found = fate([number], collapsed=seed in collapsed, empty=needs_no_head(run))
            if found == USED and number is not None:
                by_seed[seed] = number
            else:
                left_out[seed] = LEFT_OUT[found]
        sources = _sources(rows) | _sources(metrics) if len(rows) else frozenset()
        return Runs(model, task, by_seed, left_out, sources)


def _sources(rows: pd.DataFrame) -> frozenset[str]:
    return frozenset(rows["source"]) if "source" in rows else frozenset()


def _numbers(column: pd.Series) -> np.ndarray:
    return column.to_numpy(dtype=float, na_value=np.nan)


def column(name: str) -> Value:
    """The number in a column of a run's only row.

    Raises:
        ValueError (the function returned): a run has several rows.
    """

    def value(run: pd.DataFrame) -> float:
        if len(run) != 1:
            raise ValueError(f"{name}: one row a run is needed, {len(run)} found for seed {run['seed'].iloc[0]}")
        return float(_numbers(run[name])[0])

    return value


def prunable(level: float, crossing: Crossing) -> Value:
    """The largest removed fraction of a curve that holds a level of relative performance; undefined if that is."""

    def value(curve: pd.DataFrame) -> float | None:
        curve = curve.sort_values("removed")
        removed = curve["removed"].tolist()
        gone = largest_removed(removed, curve["relative_score"].tolist(), level, crossing)
        return None if gone is None else float(curve["removed_fraction"].iloc[removed.index(gone)])

    return value


def more_kept(norm: str, other: str) -> Value:
    """How much more relative performance one norm keeps than another: the mean over the points of both curves.

    Undefined without a curve of each.

    Raises:
        ValueError (the function returned): the curves do not have the same points.
    """

    def value(curves: pd.DataFrame) -> float | None:
        first, second = (curves[curves["norm"] == each].sort_values("removed") for each in (norm, other))
        if first.empty or second.empty:
            return None
        if first["removed"].tolist() != second["removed"].tolist():
            raise ValueError(f"seed {curves['seed'].iloc[0]}: the curves of {norm} and {other} have different points")
        return float(np.mean(_numbers(first["relative_score"]) - _numbers(second["relative_score"])))

    return value


def upper_minus_lower(name: str, lowest: int) -> Value:
    """The mean of a column over the upper half of the layers, minus that over the lower half.

    Every layer from ``lowest`` on counts alike; the middle one of an odd number is in neither half. Undefined for a single one.
    """

    def value(rows: pd.DataFrame) -> float | None:
        by_layer = rows[rows["layer"] >= lowest].groupby("layer")[name].mean().sort_index()
        half = len(by_layer) // 2
        layers = _numbers(by_layer)
        return float(layers[-half:].mean() - layers[:half].mean()) if half else None

    return value


def correlation(first: str, second: str) -> Value:
    """Pearson's r of two columns over the heads; undefined if a value is missing, or all are equal."""

    def value(heads: pd.DataFrame) -> float | None:
        a, b = _numbers(heads[first]), _numbers(heads[second])
        if len(a) < 2 or np.isnan(a).any() or np.isnan(b).any() or not (np.ptp(a) and np.ptp(b)):
            return None
        return float(np.corrcoef(a, b)[0, 1])

    return value
