"""From importances to an order of heads (§3.3)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

Head = tuple[int, int]
"""A head as (row, head): row is its layer, or 0 where layers share their heads."""


def order(importance: Float64[np.ndarray, "rows heads"]) -> list[Head]:
    """All heads, least important first, ties by (layer, head)."""
    _, columns = importance.shape
    ranked = np.argsort(importance, axis=None, kind="stable")
    return [(int(i) // columns, int(i) % columns) for i in ranked]
