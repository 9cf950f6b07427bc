"""From the rows of one run to its number."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from headcount.order.norms import NORMS

Value = Callable[[pd.DataFrame], float | None]
"""From the rows of one run to its number, if it has one."""


def numbers(column: pd.Series) -> np.ndarray:
    """A column as float64, null being NaN."""
    return column.to_numpy(dtype=float, na_value=np.nan)


def column(name: str) -> Value:
    """The number in a column of a run's only row.

    Raises:
        ValueError (the function returned): a run has several rows.
    """

    def value(run: pd.DataFrame) -> float:
        if len(run) != 1:
            raise ValueError(f"{name}: one row a run is needed, {len(run)} found for seed {run['seed'].iloc[0]}")
        return float(numbers(run[name])[0])

    return value


def upper_minus_lower(name: str, lowest: int) -> Value:
    """The mean of a column over the upper half of the layers, minus that over the lower half.

    Every layer from ``lowest`` on counts alike; the middle one of an odd number is in neither half. Undefined for a single one.
    """

    def value(rows: pd.DataFrame) -> float | None:
        by_layer = rows[rows["layer"] >= lowest].groupby("layer")[name].mean().sort_index()
        half = len(by_layer) // 2
        layers = numbers(by_layer)
        return float(layers[-half:].mean() - layers[:half].mean()) if half else None

    return value


def correlation(first: str, second: str, norm: str = "none") -> Value:
    """Pearson's r of two columns over the heads, the first within its layer by a norm of Eq. 4.

    Undefined if a value is missing, or all are equal.
    """

    def value(heads: pd.DataFrame) -> float | None:
        a, b = numbers(heads[first]), numbers(heads[second])
        if norm != "none":
            by_layer = heads.groupby("layer")[first]
            sizes = by_layer.transform(lambda row: np.linalg.norm(numbers(row), ord=NORMS[norm]))
            a = np.divide(a, numbers(sizes), out=np.zeros_like(a), where=numbers(sizes) > 0)
        if len(a) < 2 or np.isnan(a).any() or np.isnan(b).any() or not (np.ptp(a) and np.ptp(b)):
            return None
        return float(np.corrcoef(a, b)[0, 1])

    return value
