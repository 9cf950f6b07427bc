"""From the gradients of gates to one number a head: Eq. 2, and what peers compute instead. Imported without torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jaxtyping import Float

from headcount.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor


class PerExample:
    """Eq. 2: ``E_x |∂L(x)/∂ξ|``, the absolute value taken after summing over the example's tokens."""

    per_token = False
    ordered = False

    def __init__(self) -> None:
        self.total: Any = 0.0
        self.count = 0

    @staticmethod
    def prepared(gradients: Sequence[Float[Tensor, "examples *tokens heads"]]) -> Sequence[Tensor]:
        """What is summed up of a batch, from the gradients of all sets of heads."""
        return gradients

    def update(self, gradient: Float[Tensor, "examples *tokens heads"]) -> None:
        self.total = self.total + gradient.abs().sum(dim=tuple(range(gradient.ndim - 1)))
        self.count += len(gradient)

    def value(self) -> Float[Tensor, " heads"]:
        value: Tensor = self.total / self.count
        return value


class PerExampleNormalized(PerExample):
    """Eq. 2 of gradients that are divided, example by example, by the sum of their sizes over all heads of the model.

    Every example then has the same say, be its loss large or vanishing; one whose gradients are all 0 has none.
    """

    @staticmethod
    def prepared(gradients: Sequence[Float[Tensor, "examples heads"]]) -> Sequence[Tensor]:
        sizes: Any = sum(gradient.abs().sum(1, keepdim=True) for gradient in gradients)
        return [gradient / (sizes + (sizes == 0)) for gradient in gradients]


class PerToken(PerExample):
    """The absolute value taken per token and summed over them (Michel et al.'s code, without its divisors)."""

    per_token = True


class PerBatch(PerExample):
    """The absolute value taken of the batch's mean gradient, averaged over batches (TextPruner; run_bertology, first batch)."""

    ordered = True

    def update(self, gradient: Float[Tensor, "examples heads"]) -> None:
        self.total = self.total + gradient.mean(0).abs()
        self.count += 1


class RunningSum(PerExample):
    """``|running sum|`` averaged over batches: what a gradient that is never cleared gives (run_bertology)."""

    ordered = True

    def __init__(self) -> None:
        super().__init__()
        self.running: Any = 0.0

    def update(self, gradient: Float[Tensor, "examples heads"]) -> None:
        self.running = self.running + gradient.mean(0)
        self.total = self.total + self.running.abs()
        self.count += 1


ESTIMATORS: Registry[type[PerExample]] = Registry(
    "estimator",
    {
        "per_example": PerExample,
        "per_example_normalized": PerExampleNormalized,
        "per_token": PerToken,
        "per_batch": PerBatch,
        "running_sum": RunningSum,
    },
)
