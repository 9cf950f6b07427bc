"""Trainings of a model some of whose weights are zero: zeroed on the way, or held at zero (Gordon et al. 2020, §3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import torch
from transformers.trainer_callback import TrainerCallback, TrainerState

from headcount.encoders import matrices
from headcount.order.points import count_of
from headcount.units.weights import Scope, drawn, drawn_weights, smallest, weights_by_magnitude, zeros

if TYPE_CHECKING:
    from jaxtyping import Bool
    from torch import Tensor
    from transformers import PreTrainedModel

UPDATES = 100
"""At most so often more weights are zeroed while sparsity rises."""


def sparsity(step: int, ramp: int, final: float) -> float:
    """The share of weights that is zero after a step: it rises by a cubic from 0 to ``final`` in ``ramp`` steps.

    Zhu and Gupta 2017, Eq. 1: fast at first, while many weights are to spare.
    """
    left = 1 - step / ramp if step < ramp else 0.0
    return final * (1 - left**3)


class Hold(TrainerCallback):
    """Holds at zero what is zero when the training begins, after every step of the optimiser.

    Masked gradients would not do: momentum and weight decay move a weight whose gradient is zero.
    """

    def __init__(self) -> None:
        self.held: dict[str, Bool[Tensor, "rows columns"]] = {}

    def on_train_begin(self, args: Any, state: TrainerState, control: Any, model: Any = None, **_: Any) -> None:
        self.held = zeros(model)

    def on_step_end(self, args: Any, state: TrainerState, control: Any, model: Any = None, **_: Any) -> None:
        with torch.no_grad():
            for name, matrix in matrices(model).items():
                matrix[self.held[name]] = 0.0


class Sparsify(Hold):
    """Zeroes more and more of the smallest weights while a training begins, and holds them at zero to its end.

    What is zero after a step is all that it knows of the steps before: a training that resumes goes on to the same bits.

    Args:
        fraction: of the weights that are zero in the end, above 0.
        ramp: steps in which it rises to that.
    """

    def __init__(self, fraction: float, ramp: int, scope: Scope) -> None:
        super().__init__()
        self.fraction = fraction
        self.ramp = max(1, ramp)
        self.every = max(1, self.ramp // UPDATES)
        self.scope = scope

    def on_step_end(self, args: Any, state: TrainerState, control: Any, model: Any = None, **kwargs: Any) -> None:
        super().on_step_end(args, state, control, model, **kwargs)
        step = state.global_step
        if step <= self.ramp and (step % self.every == 0 or step == self.ramp):
            zero_smallest(model, sparsity(step, self.ramp, self.fraction), self.scope)
            self.held = zeros(model)


def zero_smallest(model: PreTrainedModel, fraction: float, scope: Scope) -> None:
    """Zero a share of the weights, the smallest; those that are zero already are among them."""
    if scope == "model":
        units = weights_by_magnitude(model, scope)
        units.shrink(units.count_of(fraction))
        return
    with torch.no_grad():
        for matrix in matrices(model).values():
            matrix[smallest(matrix, count_of(fraction, matrix.numel()))] = 0.0


def zero_pooler(model: PreTrainedModel, fraction: float, seed: int | None) -> None:
    """Zero a share of the pooler's weights, the smallest or (with a seed) drawn; masked LM has no pooler, and left it whole."""
    with torch.no_grad():
        for name, matrix in matrices(model).items():
            if name.startswith("pooler."):
                count = count_of(fraction, matrix.numel())
                gone = smallest(matrix, count).flatten() if seed is None else drawn(matrix, seed, name)[:count].long()
                matrix.view(-1)[gone] = 0.0


def zero_drawn(model: PreTrainedModel, fraction: float, seed: int) -> None:
    """Zero a share of the weights of each matrix, drawn by the seed."""
    units = drawn_weights(model, seed)
    units.shrink(units.count_of(fraction))


def begun(
    model: PreTrainedModel, criterion: Literal["magnitude", "random"], fraction: float, ramp: int, scope: Scope, seed: int
) -> list[Hold]:
    """The callbacks of a training of ``model`` at whose end a share of its weights is zero.

    Drawn weights are zeroed at once, the smallest by and by in ``ramp`` steps; where none is to go there is no callback.
    """
    if not fraction:
        return []
    if criterion == "magnitude":
        return [Sparsify(fraction, ramp, scope)]
    zero_drawn(model, fraction, seed)
    return [Hold()]


@dataclass(frozen=True)
class Sparse:
    """How sparse the matrices of a model are."""

    removed: int
    size: int

    @property
    def fraction(self) -> float:
        return self.removed / self.size

    @classmethod
    def of(cls, model: PreTrainedModel) -> Sparse:
        """Counted in the model."""
        found = zeros(model).values()
        return cls(sum(int(zero.sum()) for zero in found), sum(zero.numel() for zero in found))
