"""From importances to an order of heads and the points of a curve: Eq. 4 and §3.3, without any deep-learning library."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from headcount.registry import Registry

Head = tuple[int, int]
"""A head as (row, head): row is its layer, or 0 where layers share their heads."""

NORMS: Registry[int | None] = Registry("norm", {"l1": 1, "l2": 2, "none": None})
"""The norms of Eq. 4: the order of the norm that a layer's importances are divided by, or nothing."""


def normalize(importance: Float64[np.ndarray, "rows heads"], norm: str) -> Float64[np.ndarray, "rows heads"]:
    """Ī of Eq. 4: each row divided by its ``l1`` or ``l2`` norm, or by nothing (``none``); an all-zero row stays zero.

    Raises:
        UnknownName: another norm.
    """
    degree = NORMS[norm]
    if degree is None:
        return importance
    size = np.linalg.norm(importance, ord=degree, axis=1, keepdims=True)
    normalized: Float64[np.ndarray, "rows heads"] = np.divide(importance, size, out=np.zeros_like(importance), where=size > 0)
    return normalized


def order(importance: Float64[np.ndarray, "rows heads"]) -> list[Head]:
    """All heads, least important first, ties by (layer, head)."""
    _, columns = importance.shape
    ranked = np.argsort(importance, axis=None, kind="stable")
    return [(int(i) // columns, int(i) % columns) for i in ranked]


def points(units: int, step: float, every_unit_up_to: int) -> list[int]:
    """How many units are removed at each point of a curve: 0 … ``units``.

    The fractions 0, ``step``, …, 1 rounded to whole units; after every unit for a model with few of them.
    """
    if units <= every_unit_up_to:
        return list(range(units + 1))
    fractions = np.append(np.arange(0, 1, step), 1.0)
    return sorted({count_of(fraction, units) for fraction in fractions})


def count_of(fraction: float, units: int) -> int:
    """A fraction of the units, in whole units; a half is rounded up."""
    return int(np.floor(fraction * units + 0.5 + 1e-9))


def relative(scores: Sequence[float]) -> list[float | None]:
    """Each score over the first (the unpruned model's); undefined, ``None``, where that is not above 0."""
    whole = scores[0]
    return [score / whole if whole > 0 else None for score in scores]
