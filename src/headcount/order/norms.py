"""Importance within its layer: the norms of Eq. 4."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

from headcount.registry import Registry

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
