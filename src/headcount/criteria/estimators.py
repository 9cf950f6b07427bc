"""From the gradients of gates to one number a head: Eq. 2, and what peers compute instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headcount.registry import Registry

if TYPE_CHECKING:  # the config names these: reading one should not wait for torch
    from jaxtyping import Float
    from torch import Tensor


class PerExample:
    """Eq. 2: ``E_x |∂L(x)/∂ξ|``, the absolute value taken after summing over the example's tokens."""

    per_token = False
    ordered = False

    def __init__(self) -> None:
        self.total: Tensor | float = 0.0
        self.count = 0

    def update(self, gradient: Float[Tensor, "examples *tokens heads"]) -> None:
        self.total = self.total + gradient.abs().sum(dim=tuple(range(gradient.ndim - 1)))
        self.count += len(gradient)

    def value(self) -> Tensor:
        import torch

        return torch.as_tensor(self.total) / self.count


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
        self.running: Tensor | float = 0.0

    def update(self, gradient: Float[Tensor, "examples heads"]) -> None:
        import torch

        self.running = self.running + gradient.mean(0)
        self.total = self.total + torch.as_tensor(self.running).abs()
        self.count += 1


ESTIMATORS: Registry[type[PerExample]] = Registry(
    "estimator",
    {
        "per_example": PerExample,
        "per_token": PerToken,
        "per_batch": PerBatch,
        "running_sum": RunningSum,
    },
)
