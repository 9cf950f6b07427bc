"""How far fine-tuning moves a model (§5): its heads' attention, by JS divergence, and its hidden states, by L2 distance.

A difference grows on its way up: what an upper layer reads has moved already. So each is measured a second time, layer-local:
the fine-tuned model's layer reads the hidden states that enter the pre-trained one's.

Both models read the same examples at the same time, layer by layer: whatever the sample and the depth, no more is held than
the attention of three layers for one batch (each: padded tokens × longest text × heads, of which the token budget bounds the
first), and the matrices of sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor

from headcount.encoders import Site
from headcount.networks.batching import surviving, token_batches
from headcount.networks.layer_calls import Call, layer_calls
from headcount.units.gates import head_counts

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from headcount.networks.examples import Examples, Inputs

SAME = ("model_type", "vocab_size", "num_hidden_layers", "num_attention_heads", "hidden_size")
"""Settings of the configuration that two models must share to be compared."""


@dataclass(frozen=True, eq=False)
class Divergence:
    """What fine-tuning moved, averaged over tokens, then over examples; float64.

    ``attention_js`` is in nats, 0 … ln 2; row 0 is the lowest layer. ``hidden_l2`` is in the units of the hidden states;
    entry 0 is the embedding output, entry ``l`` the output of layer ``l``. The ``local`` ones are what each layer adds by
    itself, reading what the pre-trained one reads; entry 0, the embeddings, is the same in both.
    """

    attention_js: Float64[np.ndarray, "layers heads"]
    hidden_l2: Float64[np.ndarray, " layers+1"]
    attention_js_local: Float64[np.ndarray, "layers heads"]
    hidden_l2_local: Float64[np.ndarray, " layers+1"]


class Sums(NamedTuple):
    """The tensors of a ``Divergence``, averaged over each example's tokens and summed over examples."""

    attention_js: Float64[Tensor, "layers heads"]
    hidden_l2: Float64[Tensor, " layers+1"]
    attention_js_local: Float64[Tensor, "layers heads"]
    hidden_l2_local: Float64[Tensor, " layers+1"]


class Step(NamedTuple):
    """What one layer gives; the embeddings, before the first, give no attention, and say which layers are above them."""

    hidden: Float[Tensor, "examples tokens hidden"]
    attention: Float[Tensor, "examples heads tokens keys"] | None
    above: Sequence[Call] = ()


@torch.inference_mode()
def measure(
    pretrained: PreTrainedModel,
    finetuned: PreTrainedModel,
    examples: Examples,
    budget: int,
    follow: Callable[[Sequence[Sequence[int]]], Iterable[Sequence[int]]] = iter,
) -> Divergence:
    """The divergence between two models that read the same examples, without dropout.

    Every real token of an example counts equally, special ones too, and every example counts equally; padding does not
    count, be it as a query, a key or a hidden state. Where layers share their weights, each layer still has a row: its
    attention is its own.

    Args:
        pretrained, finetuned: on the same device; only their bodies are run, so that their heads may differ.
        budget: tokens per batch; changes speed and memory, no number.
        follow: passes the batches on, and may show how far they are.

    Raises:
        ValueError: the models are not of one architecture, or heads have been removed from one of them.
    """
    _check_comparable(pretrained, finetuned)
    config, exact = finetuned.config, {"dtype": torch.float64, "device": finetuned.device}
    heads, states = (config.num_hidden_layers, config.num_attention_heads), config.num_hidden_layers + 1
    totals = Sums(*(torch.zeros(shape, **exact) for shape in (heads, states, heads, states)))

    def compare(indices: Sequence[int]) -> None:
        inputs, _ = examples.batch(indices, finetuned.device)
        for total, of_batch in zip(totals, batch_sums(pretrained, finetuned, inputs), strict=True):
            total.add_(of_batch)

    with showing_attention(pretrained), showing_attention(finetuned):
        surviving(follow(token_batches(examples.lengths, budget)), examples.lengths, compare)
    count = len(examples.lengths)
    return Divergence(*((total / count).cpu().numpy() for total in totals))


def batch_sums(pretrained: PreTrainedModel, finetuned: PreTrainedModel, inputs: Inputs) -> Sums:
    """JS divergence and L2 distance, averaged over each example's tokens and summed over the examples of a batch."""
    shares = _token_shares(inputs["attention_mask"].bool())
    still, moving = steps(pretrained, inputs), steps(finetuned, inputs)
    before, after = next(still), next(moving)
    embeddings = _l2_sum(before, after, shares)
    js, l2, js_local, l2_local = [], [embeddings], [], [embeddings]
    for call in after.above:
        entering = before.hidden
        before = next(still)  # one by one: what the last layer gave is freed before the next one's is computed
        after = next(moving)
        js.append(_js_by_head(before, after, shares))
        l2.append(_l2_sum(before, after, shares))
        after = _through(call, entering)
        js_local.append(_js_by_head(before, after, shares))
        l2_local.append(_l2_sum(before, after, shares))
    return Sums(*(torch.stack(found) for found in (js, l2, js_local, l2_local)))


def jensen_shannon(p: Float[Tensor, "*rows keys"], q: Float[Tensor, "*rows keys"]) -> Float64[Tensor, " *rows"]:
    """JS divergence of the distributions along the last dimension, in nats: 0 of equal ones, ln 2 of disjoint ones.

    ``H((p + q) / 2) - (H(p) + H(q)) / 2`` in float64, with 0 log 0 = 0 and no smoothing.
    """
    p, q = p.double(), q.double()
    entropy = torch.special.entr
    gained: Tensor = entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2
    return gained.sum(-1).clamp(min=0)


def l2_distance(a: Float[Tensor, "*rows hidden"], b: Float[Tensor, "*rows hidden"]) -> Float64[Tensor, " *rows"]:
    """Euclidean distance along the last dimension."""
    distance: Tensor = torch.linalg.vector_norm(a - b, dim=-1, dtype=torch.float64)
    return distance


def steps(model: PreTrainedModel, inputs: Inputs) -> Iterator[Step]:
    """Run the model's body one layer at a time, lowest first, the embeddings before them; within ``showing_attention``.

    Nothing of a layer is kept once the next one has been asked for.
    """
    hidden, calls = layer_calls(model, inputs)
    yield Step(hidden, None, calls)
    for call in calls:
        step = [_through(call, hidden)]
        hidden = step[0].hidden
        yield step.pop()  # whoever asked for it alone holds its attention


def _through(call: Call, entering: Float[Tensor, "examples tokens hidden"]) -> Step:
    """What one layer makes of the hidden states that enter it; within ``showing_attention``."""
    caught: list[Tensor] = []
    with _catching_attention(call.site, caught):
        hidden = call(entering)
    return Step(hidden, caught.pop())


@contextmanager
def showing_attention(model: PreTrainedModel) -> Iterator[None]:
    """Within the block the model does not drop anything out, and computes attention so that it can be seen (eagerly).

    After it, on success and on error alike, the model is in the modes that it was in.
    """
    implementation = model.config._attn_implementation
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        model.set_attn_implementation("eager")
        yield
    finally:
        model.set_attn_implementation(implementation)
        for module, training in modes:
            module.training = training


@contextmanager
def _catching_attention(site: Site, caught: list[Tensor]) -> Iterator[None]:
    handle = site.attention.register_forward_hook(lambda _, __, output: caught.append(output[1]))
    try:
        yield
    finally:
        handle.remove()


def _token_shares(real: Bool[Tensor, "examples tokens"]) -> Float64[Tensor, "examples tokens"]:
    """Each token's share of its example's mean: one by the number of real tokens; 0 of padding."""
    return real.double() / real.sum(1, keepdim=True)


def _l2_sum(before: Step, after: Step, shares: Float64[Tensor, "examples tokens"]) -> Float64[Tensor, ""]:
    """L2 distance averaged over each example's tokens and summed over examples."""
    return (l2_distance(before.hidden, after.hidden) * shares).sum()


def _js_by_head(before: Step, after: Step, shares: Float64[Tensor, "examples tokens"]) -> Float64[Tensor, " heads"]:
    """JS divergence averaged over each example's tokens and summed over examples; head by head, to need less memory."""
    assert before.attention is not None and after.attention is not None, "a layer gives its attention"
    heads = zip(before.attention.unbind(1), after.attention.unbind(1), strict=True)
    return torch.stack([(jensen_shannon(p, q) * shares).sum() for p, q in heads])


def _check_comparable(pretrained: PreTrainedModel, finetuned: PreTrainedModel) -> None:
    for name in SAME:
        before, after = getattr(pretrained.config, name), getattr(finetuned.config, name)
        if before != after:
            raise ValueError(f"{name} is {before} in the pre-trained model, {after} in the fine-tuned one; must be the same")
    for which, model in (("pre-trained", pretrained), ("fine-tuned", finetuned)):
        left, whole = head_counts(model), model.config.num_attention_heads
        if any(count != whole for count in left):
            raise ValueError(f"the {which} model has been pruned: {left} heads are left of {whole} each; give it whole")
