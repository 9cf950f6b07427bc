"""How important each head is: the gradient of the loss with respect to its gate (Eq. 2, 3).

Every example has its own gates, so that one backward pass over the summed losses gives each example's signed gradient,
exactly and at any batch size. Where layers share their heads, one gate serves in every layer: autograd sums the signed
gradients over the layers before the absolute value is taken (Eq. 3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from headcount.criteria.estimators import ESTIMATORS
from headcount.networks.batching import surviving, token_batches
from headcount.units.gates import gated, head_counts

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from headcount.criteria.contributions import Contributions
    from headcount.networks.examples import Examples


def gate_gradients(
    model: PreTrainedModel, examples: Examples, indices: Sequence[int], per_token: bool = False
) -> list[Float[Tensor, "examples *tokens heads"]]:
    """``∂L(x)/∂ξ`` of every example of a batch in float64: one tensor per set of heads.

    With ``per_token``, of every token's own gate. The model's parameters need no gradient, and get none.
    """
    inputs, targets = examples.batch(indices, model.device)
    lead = tuple(inputs["input_ids"].shape) if per_token else (len(indices),)
    counts = head_counts(model)
    gates = [torch.ones(*lead, count, device=model.device, dtype=model.dtype).requires_grad_() for count in counts]
    with gated(model, gates):
        total = examples.losses(model, inputs, targets).sum()
    found = torch.autograd.grad(total, gates, allow_unused=True)
    return [
        (torch.zeros_like(gate) if gradient is None else gradient).double() for gate, gradient in zip(gates, found, strict=True)
    ]


def estimate(
    model: PreTrainedModel,
    examples: Examples,
    budget: int,
    estimator: str = "per_example",
    batch: int = 32,
    follow: Callable[[Sequence[Any]], Iterable[Any]] = iter,
    contributions: Contributions | None = None,
) -> list[Float[np.ndarray, " heads"]]:
    """The importance of every head that ``model`` has, float64: one row per set of heads.

    Args:
        budget: tokens per batch; changes speed and memory, no number.
        estimator: ``per_example`` is Eq. 2 and 3; the other names in ``ESTIMATORS`` are what peers compute.
        batch: examples per batch of the two estimators whose value depends on it.
        follow: passes the batches on, and may show how far they are.
        contributions: takes in what each example adds, where the estimator takes the examples one by one.
    """
    kind = ESTIMATORS[estimator]
    statistics = [kind() for _ in head_counts(model)]

    def learn(gradients: Sequence[Tensor]) -> None:
        for statistic, gradient in zip(statistics, gradients, strict=True):
            statistic.update(gradient)

    def learn_each(part: Sequence[int]) -> None:
        gradients = kind.prepared(gate_gradients(model, examples, part, kind.per_token))
        learn(gradients)
        if contributions is not None:
            contributions.add(part, gradients)

    if kind.ordered:
        count = len(examples.lengths)
        for start in follow(range(0, count, batch)):
            learn(_whole_batch(model, examples, range(start, min(start + batch, count))))
    else:
        batches = follow(token_batches(examples.lengths, budget))
        surviving(batches, examples.lengths, learn_each)
    return [statistic.value().cpu().numpy() for statistic in statistics]


def _whole_batch(model: PreTrainedModel, examples: Examples, indices: Sequence[int]) -> list[Float[Tensor, "examples heads"]]:
    """``gate_gradients`` of a batch that must stay one, in as many parts as memory asks for."""
    parts: list[list[Tensor]] = []
    surviving([indices], examples.lengths, lambda part: parts.append(gate_gradients(model, examples, part)))
    return [torch.cat(gradients) for gradients in zip(*parts, strict=True)]
