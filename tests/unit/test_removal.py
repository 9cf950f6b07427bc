"""What a model loses before it is fine-tuned: heads drawn at random, or those of some layers."""

from __future__ import annotations

import numpy as np
import pytest

from headcount.models.removal import described, layers, removed
from headcount.settings.job_settings import Removal

HEADS = list(np.ndindex(4, 8))


def at_random(fraction: float, draw: int = 1) -> Removal:
    return Removal(point=f"{fraction}-{draw}", unit="head", criterion="random", fraction=fraction, draw=draw)


def of_layers(**which: object) -> Removal:
    return Removal.model_validate({"point": "some", "unit": "layer_heads", "criterion": "set", **which})


def test_a_share_of_the_heads_goes_rounded_half_up() -> None:
    assert [len(removed(at_random(share), HEADS, 1)) for share in (0.25, 0.5, 0.75, 1.0)] == [8, 16, 24, 32]
    assert [len(removed(at_random(0.5), HEADS[:odd], 1)) for odd in (3, 5)] == [2, 3]


def test_a_draw_is_the_same_for_every_model_of_the_shape_and_its_smaller_shares_lie_in_its_larger_ones() -> None:
    half = removed(at_random(0.5), HEADS, 1)
    assert removed(at_random(0.5), HEADS[::-1], 1) == half
    assert set(removed(at_random(0.25), HEADS, 1)) < set(half) < set(removed(at_random(0.75), HEADS, 1))


def test_draws_and_seeds_differ() -> None:
    found = [frozenset(removed(at_random(0.5, draw), HEADS, seed)) for seed in (1, 2) for draw in (1, 2, 3)]
    assert len(set(found)) == 6


def test_every_head_goes_as_often_as_any_other() -> None:
    """Over many seeds a quarter of the heads takes each with probability 1/4: a binomial count, five deviations wide."""
    times = 2000
    counts = np.zeros((4, 8))
    for seed in range(times):
        for head in removed(at_random(0.25), HEADS, seed):
            counts[head] += 1
    assert np.abs(counts - times / 4).max() < 5 * np.sqrt(times * 0.25 * 0.75)


@pytest.mark.parametrize(
    ("count", "parts", "wanted"),
    [
        (12, 3, [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]),
        (4, 2, [[1, 2], [3, 4]]),
        (7, 3, [[1, 2, 3], [4, 5], [6, 7]]),
    ],
)
def test_layers_are_cut_into_parts_that_together_are_all_of_them(count: int, parts: int, wanted: list[list[int]]) -> None:
    assert [layers(of_layers(part=(which, parts)), count) for which in range(parts)] == wanted


def test_layers_that_are_named_go_and_are_told_from_one_on() -> None:
    removal = of_layers(layers=[3, 1])
    gone = removed(removal, [(number,) for number in range(4)], 1)
    assert gone == [(0,), (2,)]
    told = described(removal, gone, 4)
    assert (told["layers"], told["removed"], told["removed_fraction"], told["fraction"]) == ("1 3", 2, 0.5, None)
    with pytest.raises(ValueError, match="no layer 5; allowed are 1 to 4"):
        layers(of_layers(layers=[5]), 4)
