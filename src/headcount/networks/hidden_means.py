"""The mean of the hidden states that leave each layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float
from torch import Tensor

from headcount.encoders import body, output_norms
from headcount.networks.batching import surviving, token_batches

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from headcount.networks.examples import Examples


@torch.inference_mode()
def hidden_means(model: PreTrainedModel, examples: Examples, budget: int) -> Float[Tensor, "norms features"]:
    """The mean over the tokens of all examples of what each layer's output LayerNorm gives, in batches of ``budget`` tokens.

    Every token counts that the model attends to, special ones too. A norm that layers share counts each of their passes.
    """
    norms = output_norms(model)
    sums = torch.zeros(len(norms), len(norms[0].weight), dtype=torch.float64)
    counts = torch.zeros(len(norms), 1, dtype=torch.float64)

    def work(indices: Sequence[int]) -> None:
        inputs, _ = examples.batch(indices, model.device)
        there = inputs["attention_mask"].bool()
        found: list[tuple[int, Tensor]] = []

        def watch(row: int) -> Callable[[Any, Any, Tensor], None]:
            return lambda module, given, states: found.append((row, states[there].double().sum(0).cpu()))

        hooks = [norm.register_forward_hook(watch(row)) for row, norm in enumerate(norms)]
        try:
            body(model)(**inputs)
        finally:
            for hook in hooks:
                hook.remove()
        for row, total in found:  # added once the whole batch is done: one that memory ran out of leaves nothing behind
            sums[row] += total
            counts[row] += int(there.sum())

    surviving(token_batches(examples.lengths, budget), examples.lengths, work)
    return (sums / counts).float()
