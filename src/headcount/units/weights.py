"""Single weights, zeroed in the matrices of a model (Gordon, Duh and Andrews 2020, §2.1).

In each matrix weights go in an order of its own: the smallest first, or drawn. Either each matrix loses the same share of its
weights (``matrix``), or the model's smallest go wherever they are (``model``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import torch
from jaxtyping import Bool, Float, Int32
from torch import Tensor

from headcount.data.sampling import rank
from headcount.encoders import matrices
from headcount.order.points import count_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedModel

    from headcount.order.curve import Place

Scope = Literal["matrix", "model"]
Order = Int32[Tensor, " entries"]
"""The places of a matrix's entries, counted along its rows, the first to go first."""


def by_magnitude(matrix: Float[Tensor, "rows columns"]) -> Order:
    """The entries of a matrix by magnitude, the smallest first, ties by place."""
    return torch.argsort(matrix.detach().abs().flatten(), stable=True).int()


def drawn(matrix: Float[Tensor, "rows columns"], seed: int, name: str) -> Order:
    """The entries of a matrix in an order that (seed, name) alone decides."""
    generator = torch.Generator().manual_seed(int(rank(seed, name) * 2**62))
    return torch.randperm(matrix.numel(), generator=generator).int().to(matrix.device)


def smallest(matrix: Float[Tensor, "rows columns"], count: int) -> Bool[Tensor, "rows columns"]:
    """Which entries are the ``count`` of least magnitude, ties by place: ``by_magnitude`` without its sorting."""
    flat = matrix.detach().abs().flatten()
    if not count:
        return torch.zeros_like(matrix, dtype=torch.bool)
    bound = torch.kthvalue(flat, count).values
    chosen = flat < bound
    ties = (flat == bound).nonzero().flatten()
    chosen[ties[: count - int(chosen.sum())]] = True
    return chosen.view_as(matrix)


def shared_out(sizes: Mapping[str, int], removed: int) -> dict[str, int]:
    """``removed`` weights shared out over matrices, each losing the same share of its own, rounded half up.

    The entry that goes at place r of n stands at (r + 1/2) / n: those that stand first are gone, ties by matrix. So whatever
    is gone stays gone as ``removed`` grows, and at a share s of all of them each matrix has lost ``count_of(s, n)``.
    """
    if not 0 <= removed <= sum(sizes.values()):
        raise ValueError(f"{removed} weights cannot be removed; allowed is 0 to {sum(sizes.values())}")
    share = Fraction(removed, sum(sizes.values()))
    found = {name: int(share * size + Fraction(1, 2)) for name, size in sizes.items()}
    while (gone := sum(found.values())) != removed:
        step = 1 if gone < removed else -1
        places = {
            name: Fraction(2 * found[name] + step, 2 * size)  # of the next to go, or of the last that went
            for name, size in sizes.items()
            if 0 <= found[name] + step <= size
        }
        name = min(places, key=lambda each: places[each]) if step > 0 else max(reversed(places), key=lambda each: places[each])
        found[name] += step
    return found


class Weights:
    """The weights of one model while they are zeroed: a ``headcount.order.curve.Shrinking``.

    It takes no more memory than the model, one order, and where these are another model's, the magnitudes.

    Args:
        model: loses them, in place.
        orders: of each of its matrices (``headcount.encoders.matrices``).
        magnitudes: the matrices whose magnitudes the orders are of: then the model's smallest go, whichever matrix they are in
            (ties by matrix). Without them each matrix loses the same share.

    Raises:
        ValueError: the orders are of other matrices than the model has.
    """

    gone: Sequence[Place] = ()
    """No list is kept of what went: the orders say it."""

    def __init__(
        self, model: PreTrainedModel, orders: Mapping[str, Order], magnitudes: Mapping[str, Tensor] | None = None
    ) -> None:
        self.matrices = matrices(model)
        self.orders = orders
        self.magnitudes = magnitudes
        self.sizes = {name: matrix.numel() for name, matrix in self.matrices.items()}
        if self.sizes != {name: len(order) for name, order in orders.items()}:
            raise ValueError("the orders are of other matrices than the model has")
        self.size = sum(self.sizes.values())
        self.removed = dict.fromkeys(self.sizes, 0)

    def count_of(self, fraction: float) -> int:
        """How many weights a share of them is."""
        if self.magnitudes is not None:
            return count_of(fraction, self.size)
        return sum(count_of(fraction, size) for size in self.sizes.values())

    def shrink(self, removed: int) -> None:
        """Have exactly so many weights zeroed; never fewer than before.

        Raises:
            ValueError: there are not so many, or more are gone already.
        """
        target = self._smallest_of_all(removed) if self.magnitudes is not None else shared_out(self.sizes, removed)
        if any(target[name] < before for name, before in self.removed.items()):
            raise ValueError(f"{sum(self.removed.values())} weights are gone; allowed is that many and more")
        with torch.no_grad():
            for name, matrix in self.matrices.items():
                matrix.view(-1)[self.orders[name][self.removed[name] : target[name]].long()] = 0.0
        self.removed = target

    def _smallest_of_all(self, removed: int) -> dict[str, int]:
        """Of each matrix how many of its entries are among the smallest of the model; found by halving, not by sorting all.

        Magnitudes in float32 stand in the order of their bits.
        """
        if not 0 <= removed <= self.size:
            raise ValueError(f"{removed} weights cannot be removed; allowed is 0 to {self.size}")
        below, above = -1, 0x7F800000  # bits of no magnitude, and of infinity
        while above - below > 1:
            middle = (below + above) // 2
            if sum(self._up_to(name, middle) for name in self.sizes) < removed:
                below = middle
            else:
                above = middle
        found = {name: self._up_to(name, below) for name in self.sizes}
        for name in self.sizes:  # of those that are as large as the last one to go, the first matrices' go
            more = min(self._up_to(name, above) - found[name], removed - sum(found.values()))
            found[name] += more
        return found

    def _up_to(self, name: str, bits: int) -> int:
        """How many entries of a matrix have a magnitude of at most these bits."""
        assert self.magnitudes is not None
        flat, order = self.magnitudes[name].detach().view(-1), self.orders[name]

        def at(place: int) -> int:
            if place < self.removed[name]:
                return -1  # gone already, and smaller than all that are there
            return int(flat[int(order[place])].abs().float().view(torch.int32))

        return bisect_right(range(len(order)), bits, key=at)


def weights_by_magnitude(
    model: PreTrainedModel, scope: Scope = "matrix", reference: Mapping[str, Tensor] | None = None
) -> Weights:
    """The model's weights, the smallest first, by its own magnitudes or by those of ``reference``, another model's matrices.

    A matrix that the reference lacks, such as a pooler that is fine-tuned alone, goes by its own.

    Raises:
        ValueError: one of the reference has another shape.
    """
    own = matrices(model)
    ranked_by = {name: (reference or own).get(name, matrix) for name, matrix in own.items()}
    for name, matrix in own.items():
        if ranked_by[name].shape != matrix.shape:
            raise ValueError(
                f"{name} is {list(matrix.shape)}, in the model whose magnitudes are read {list(ranked_by[name].shape)}"
            )
    orders = {name: by_magnitude(matrix) for name, matrix in ranked_by.items()}
    return Weights(model, orders, ranked_by if scope == "model" else None)


def drawn_weights(model: PreTrainedModel, seed: int) -> Weights:
    """The model's weights in an order that the seed draws; each matrix loses the same share, whatever the scope."""
    return Weights(model, {name: drawn(matrix, seed, name) for name, matrix in matrices(model).items()})


def zeros(model: PreTrainedModel) -> dict[str, Bool[Tensor, "rows columns"]]:
    """Where the matrices of a model are zero."""
    return {name: matrix.detach() == 0 for name, matrix in matrices(model).items()}
