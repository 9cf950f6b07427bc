"""How far fine-tuning moves weights in the order of their magnitudes (Gordon et al. 2020, §5, Table 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float32, Int64

from headcount.order.points import count_of

Matrix = Float32[np.ndarray, "rows columns"]


def ranks(matrix: Matrix) -> Int64[np.ndarray, " entries"]:
    """Of each entry how many have a smaller magnitude, ties by place."""
    order = np.argsort(np.abs(matrix), axis=None, kind="stable")
    found = np.empty(len(order), np.int64)
    found[order] = np.arange(len(order))
    return found


def movement(before: Mapping[str, Matrix], after: Mapping[str, Matrix], fractions: Sequence[float]) -> pd.DataFrame:
    """A row for each matrix that both models have and each fraction.

    Args:
        before, after: the matrices of a model, by name.
        fractions: of the weights, pruned by magnitude in each matrix.

    Returns:
        ``matrix``; ``size``, its entries; ``movement`` and ``sd``, mean and standard deviation over the entries of the places
        moved, as a share of the size; ``fraction``; and ``masks_differ``, the share of the entries that one model's mask keeps
        at that fraction and the other's does not.

    Raises:
        ValueError: they have no matrix in common, or one of different shapes.
    """
    rows = []
    for name in (name for name in before if name in after):
        if before[name].shape != after[name].shape:
            raise ValueError(f"{name} is {list(before[name].shape)} in one model and {list(after[name].shape)} in the other")
        first, second = ranks(before[name]), ranks(after[name])
        size = len(first)
        moved = np.abs(second - first) / size
        about = {"matrix": name, "size": size, "movement": moved.mean(), "sd": moved.std()}
        for fraction in fractions:
            bound = count_of(fraction, size)
            differ = float(((first < bound) != (second < bound)).mean())
            rows.append({**about, "fraction": fraction, "masks_differ": differ})
    if not rows:
        raise ValueError("the two models have no matrix in common")
    return pd.DataFrame(rows)
