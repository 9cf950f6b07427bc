"""From importances to an order of units (§3.3)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

Head = tuple[int, int]
"""A head as (row, head): row is its layer, or 0 where layers share their heads."""


def order(importance: Float[np.ndarray, "*units"]) -> list[tuple[int, ...]]:
    """The places of all units, least important first, ties by place: for heads by (layer, head)."""
    ranked = np.argsort(importance, axis=None, kind="stable")
    places = np.unravel_index(ranked, importance.shape)
    return list(zip(*(axis.tolist() for axis in places), strict=True))
