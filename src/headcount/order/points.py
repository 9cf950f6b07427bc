"""The points of a curve: how many units are gone at each, and what a score is relative to the whole model's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


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
