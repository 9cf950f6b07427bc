"""Seeded samples that depend on what is sampled, not on its order: every item has a rank of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from heapq import nsmallest


def rank(seed: int, item: str) -> float:
    """A number in [0, 1) that depends on (seed, item) alone, uniform over items."""
    return int.from_bytes(blake2b(f"{seed}/{item}".encode(), digest_size=8).digest(), "big") / 2**64


def chosen(seed: int, item: str, fraction: float) -> bool:
    """Whether an item is in the seeded sample of ``fraction`` of all items."""
    return rank(seed, item) < fraction


def sample(seed: int, items: Sequence[str], fraction: float = 1.0, at_most: int | None = None) -> list[int]:
    """Indices, ascending, of the items of lowest rank: ``fraction`` of them, rounded, at least one, and ``at_most`` so many.

    The same items are taken in whatever order they are given.
    """
    return list(named_sample(seed, items, len(items), fraction, at_most))


def named_sample(
    seed: int, items: Iterable[str], number: int, fraction: float = 1.0, at_most: int | None = None
) -> dict[int, str]:
    """``sample`` of so many items that come one by one, each with its index: no others are kept."""
    count = max(1, round(fraction * number))
    if at_most is not None:
        count = min(count, at_most)
    if count >= number:
        return dict(enumerate(items))
    lowest = nsmallest(count, ((rank(seed, item), item, index) for index, item in enumerate(items)))
    return {index: item for index, item in sorted((index, item) for _, item, index in lowest)}
