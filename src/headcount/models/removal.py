"""Which units a model loses at once: a share of them by a criterion, or the layers that a config names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float64

from headcount.criteria import RANDOM, SET, ranked
from headcount.order.points import count_of

if TYPE_CHECKING:
    from headcount.order.curve import Place
    from headcount.settings.job_settings import Removal


def removed(
    removal: Removal, places: Sequence[Place], seed: int, importance: Float64[np.ndarray, "rows heads"] | None = None
) -> list[Place]:
    """The units that go, of all ``places`` of a model.

    A random order is one for each seed and draw: the same for all models with as many units, for all tasks, and for all shares,
    so that what goes at one share goes at every larger one.

    Args:
        importance: of the heads, where the criterion reads one.

    Raises:
        ValueError: as ``ranked``; or a layer is named that the model does not have.
    """
    if removal.criterion == SET:
        return [(number - 1,) for number in layers(removal, len(places))]
    draw = (seed, removal.draw or 1) if removal.criterion == RANDOM else ()
    order = ranked(removal.criterion, removal.unit, places, importance, draw)
    return order[: count_of(removal.fraction or 0.0, len(order))]


def layers(removal: Removal, count: int) -> list[int]:
    """The layers of a set, counted from 1, of a model that has ``count``.

    Raises:
        ValueError: one of them is not among these.
    """
    if removal.part is not None:
        which, parts = removal.part
        return [int(number) + 1 for number in np.array_split(np.arange(count), parts)[which]]
    found = sorted(removal.layers or [])
    if beyond := [number for number in found if number > count]:
        raise ValueError(f"languages.sets: the model has no layer {beyond[0]}; allowed are 1 to {count}")
    return found


def described(removal: Removal, gone: Sequence[Place], units: int) -> dict[str, Any]:
    """How a table names what is removed: ``gone`` of so many ``units``. Layers are counted from 1, apart by spaces."""
    own = removal.criterion == SET
    return {
        **removal.model_dump(include={"unit", "criterion", "point", "fraction", "draw"}),
        "layers": " ".join(str(number + 1) for (number,) in gone) if own else None,
        "removed": len(gone),
        "removed_fraction": len(gone) / units,
    }
