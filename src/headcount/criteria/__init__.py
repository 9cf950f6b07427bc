"""What ranks units: each criterion by its name. Importing this loads no deep-learning library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from jaxtyping import Float64

from headcount.order.ranking import order
from headcount.registry import Registry
from headcount.units import UNITS

if TYPE_CHECKING:
    from headcount.order.curve import Place
    from headcount.units import Unit

Importance = Float64[np.ndarray, "*units"] | None


@dataclass(frozen=True)
class Criterion:
    """A way to rank units.

    Args:
        title: what it is called, as in a legend.
        importance_on: the task whose importances it reads: the one that is scored (``own``), masked LM (``pretrain``), or none.
        ranks: whether it can rank a kind of unit.
        order: all units of a model, the first to go first, from their places, their importances, and what a draw begins with.
    """

    title: str
    importance_on: Literal["own", "pretrain"] | None
    ranks: Callable[[Unit], bool]
    order: Callable[[Sequence[Place], Importance, Sequence[int]], list[Place]]


def _every_unit(unit: Unit) -> bool:
    return True


def _whole_layers(unit: Unit) -> bool:
    return not unit.within_layers


def _ascending(places: Sequence[Place], importance: Importance, draw: Sequence[int]) -> list[Place]:
    """Least important first, ties by place."""
    assert importance is not None, "ranked() sees to it"
    return order(importance)


def _lowest_first(places: Sequence[Place], importance: Importance, draw: Sequence[int]) -> list[Place]:
    return sorted(places)


def _highest_first(places: Sequence[Place], importance: Importance, draw: Sequence[int]) -> list[Place]:
    return sorted(places, reverse=True)


def _at_random(places: Sequence[Place], importance: Importance, draw: Sequence[int]) -> list[Place]:
    """One order of the places for each draw, whatever model they are of; each of its beginnings is a random set."""
    assert draw, "ranked() sees to it"
    found = sorted(places)
    return [found[number] for number in np.random.default_rng(draw).permutation(len(found))]


CRITERIA: Registry[Criterion] = Registry(
    "criterion",
    {
        "gate_gradient": Criterion("importance on the task", "own", _every_unit, _ascending),
        "pretrain_gate_gradient": Criterion("importance on masked LM", "pretrain", _every_unit, _ascending),
        "top": Criterion("top layer first", None, _whole_layers, _highest_first),
        "bottom": Criterion("bottom layer first", None, _whole_layers, _lowest_first),
        "random": Criterion("at random", None, _every_unit, _at_random),
    },
)

OWN, TRANSFERRED = "gate_gradient", "pretrain_gate_gradient"
"""The criteria of the paper: importance on the task that is scored (§3.2), and on the pre-train task (§4)."""
RANDOM = "random"
SET = "set"
"""Of layers that a config names: no criterion ranks them."""


def can_rank(criterion: str, unit: str) -> bool:
    """Whether a criterion is defined for a kind of unit."""
    return CRITERIA[criterion].ranks(UNITS[unit])


def norm_matters(criterion: str, unit: str) -> bool:
    """Whether the norm of Eq. 4 can change the order; where it cannot, there is one curve, under the norm ``none``."""
    return CRITERIA[criterion].importance_on is not None and UNITS[unit].within_layers


def ranked(
    criterion: str,
    unit: str,
    places: Sequence[Place],
    importance: Float64[np.ndarray, "rows heads"] | None,
    draw: Sequence[int] = (),
) -> list[Place]:
    """All units of a model by a criterion, the first to go first.

    Args:
        places: of all units of the model.
        importance: of the heads, normalised where that matters; none for a criterion that reads none.
        draw: numbers that a random order begins with, as the run's seed and which draw it is.

    Raises:
        UnknownName: no such criterion or unit.
        ValueError: the criterion is not defined for this unit; or the importances are missing, or another model's; or the
            numbers of a draw are.
    """
    rule, kind = CRITERIA[criterion], UNITS[unit]
    if not rule.ranks(kind):
        raise ValueError(f"criterion {criterion} cannot rank {kind.plural}")
    if rule.importance_on and importance is None:
        raise ValueError(f"criterion {criterion} reads importances, and none were given")
    if criterion == RANDOM and not draw:
        raise ValueError(f"criterion {criterion} needs the numbers that its draw begins with, and none were given")
    found = rule.order(places, None if importance is None else kind.importance(importance), draw)
    if sorted(found) != sorted(places):
        raise ValueError(f"the importances are of another model: they name {len(found)} {kind.plural}, it has {len(places)}")
    return found
