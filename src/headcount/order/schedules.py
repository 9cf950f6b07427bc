"""Which heads go next by an estimate made anew of what is left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from headcount.order.norms import normalize

if TYPE_CHECKING:
    from headcount.order.curve import Removable
    from headcount.order.ranking import Head


def iterative(
    estimate: Callable[[], Sequence[Float[np.ndarray, " heads"]]], norm: str
) -> Callable[[Removable, int], list[Head]]:
    """The least important heads by an estimate made anew of what is left, normalised over what is left of each layer."""

    def next_heads(heads: Removable, count: int) -> list[Head]:
        rows: dict[int, list[Head]] = {}
        for row, head in heads.left:
            rows.setdefault(row, []).append((row, head))
        scored: list[tuple[float, Head]] = []
        for row, values in enumerate(estimate()):
            if row in rows:
                scored += zip(normalize(values[None], norm)[0].tolist(), rows[row], strict=True)
        return [head for _, head in sorted(scored)[:count]]

    return next_heads
