"""How people do these jobs today, rewritten on transformers 5, with the numbers that the package gives.

Common to all: every example is padded to 128 tokens, as the scripts that people start from do (``pad_to_max_length``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import pad
from transformers.trainer import Trainer
from transformers.training_args import TrainingArguments

from headcount.data.masking import IGNORED
from headcount.models.trainer import ClassificationCollator, MaskedTrainer, Row, Rows
from headcount.networks.batching import token_batches
from headcount.networks.layer_calls import layer_calls
from headcount.order.ranking import Head
from headcount.units.gates import gated, head_counts

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from headcount.networks.examples import Examples, LabelledExamples

PADDED = 128
FILL = {"token_type_ids": 0, "attention_mask": 0}


def padded(inputs: dict[str, Tensor], pad_id: int) -> dict[str, Tensor]:
    """Model inputs ``[examples, tokens]`` filled up to ``[examples, 128]``; labels, which have no tokens, as they are."""
    return {
        name: pad(tensor, (0, PADDED - tensor.shape[1]), value=FILL.get(name, pad_id)) if tensor.ndim == 2 else tensor
        for name, tensor in inputs.items()
    }


def _padded_batch(examples: LabelledExamples, indices: Sequence[int], device: torch.device) -> tuple[dict[str, Tensor], Tensor]:
    inputs, labels = examples.batch(indices, device)
    return padded(inputs, examples.encoder.pad_id), labels


def _ones(model: PreTrainedModel, *lead: int) -> list[Tensor]:
    made = {"device": model.device, "dtype": model.dtype, "requires_grad": True}
    return [torch.ones(*lead, count, **made) for count in head_counts(model)]


# --------------------------------------------------------------------------------------------------------- importance


def one_by_one_importance(model: PreTrainedModel, examples: LabelledExamples, indices: Iterable[int]) -> np.ndarray:
    """``run_bertology``'s way: a full backward pass for each example, parameters' gradients and all, padded.

    Two departures, neither of which slows it down: the gate's gradient is cleared after each example, so that the sum is
    that of Eq. 2; and the gate stands on the heads' outputs, where SDPA may be used, not on the attention probabilities.

    Returns:
        The importance ``[rows, heads]``, float64.
    """
    model.requires_grad_(True)
    gates = _ones(model)
    total = [torch.zeros_like(gate, dtype=torch.float64) for gate in gates]
    count = 0
    for index in indices:
        inputs, labels = _padded_batch(examples, [index], model.device)
        with gated(model, gates):
            model(**inputs, labels=labels).loss.backward()
        for row, gate in zip(total, gates, strict=True):
            assert gate.grad is not None
            row += gate.grad.abs()
            gate.grad = None
        count += 1
    _without_gradients(model)
    return (torch.stack(total) / count).cpu().numpy()


def full_backward_importance(model: PreTrainedModel, examples: Examples, budget: int) -> np.ndarray:
    """The package's way in all but one point: the backward pass also computes every parameter's gradient."""
    model.requires_grad_(True)
    total = [torch.zeros(count, device=model.device, dtype=torch.float64) for count in head_counts(model)]
    for indices in token_batches(examples.lengths, budget):
        inputs, targets = examples.batch(indices, model.device)
        gates = _ones(model, len(indices))
        with gated(model, gates):
            total_loss: Tensor = examples.losses(model, inputs, targets).sum()
            total_loss.backward()  # type: ignore[no-untyped-call]
        for row, gate in zip(total, gates, strict=True):
            assert gate.grad is not None
            row += gate.grad.double().abs().sum(0)
        model.zero_grad(set_to_none=True)
    _without_gradients(model)
    return (torch.stack(total) / len(examples.lengths)).cpu().numpy()


def _without_gradients(model: PreTrainedModel) -> None:
    model.zero_grad(set_to_none=True)
    model.requires_grad_(False)


# --------------------------------------------------------------------------------------------------------------- curve


@torch.inference_mode()
def masked_logits(model: PreTrainedModel, examples: LabelledExamples, gone: Iterable[Head], batch: int) -> Tensor:
    """The classes' logits ``[examples, classes]`` of every example, with some heads' gates at 0 and their weights in place."""
    removed = set(gone)
    gates = [
        torch.tensor([float((row, head) not in removed) for head in range(count)], device=model.device, dtype=model.dtype)
        for row, count in enumerate(head_counts(model))
    ]
    found = []
    with gated(model, gates):
        for start in range(0, len(examples.lengths), batch):
            inputs, _ = _padded_batch(examples, range(start, min(start + batch, len(examples.lengths))), model.device)
            found.append(model(**inputs).logits)
    return torch.cat(found)


def masked_curve(
    model: PreTrainedModel, examples: LabelledExamples, order: Sequence[Head], removed: Iterable[int], batch: int
) -> list[float]:
    """The score with each number of heads masked, the first ones of ``order``."""
    predictions = (masked_logits(model, examples, order[:count], batch).argmax(-1) for count in removed)
    return [examples.metric(examples.labels, found.cpu().numpy()) for found in predictions]


# ----------------------------------------------------------------------------------------------------------- masked LM


@torch.inference_mode()
def all_positions_score(model: PreTrainedModel, examples: Examples, budget: int) -> float:
    """Recall@1 in the package's batches, with the projection onto the vocabulary at every position."""
    right = asked = 0
    for indices in token_batches(examples.lengths, budget):
        inputs, targets = examples.batch(indices, model.device)
        chosen = targets != IGNORED
        best = model(**inputs).logits.argmax(-1)
        right += int((best[chosen] == targets[chosen]).sum())
        asked += int(chosen.sum())
    return right / asked


# --------------------------------------------------------------------------------------------------------- fine-tuning


class PaddedCollator(ClassificationCollator):
    """Pads every batch of labelled examples to 128."""

    def __call__(self, rows: Sequence[Row]) -> dict[str, Tensor]:
        return padded(super().__call__(rows), self.encoder.pad_id)


def padded_trainer(model: PreTrainedModel, rows: Rows, encoder: Any, folder: Path, device: str, **settings: Any) -> Trainer:
    """The Trainer as ``run_glue`` sets it up: its own sampler, examples in random order, everything padded."""
    args = TrainingArguments(
        output_dir=str(folder),
        use_cpu=device == "cpu",
        bf16=device == "cuda",
        remove_unused_columns=False,
        report_to="none",
        dataloader_pin_memory=device == "cuda",
        **settings,
    )
    return Trainer(model, args, train_dataset=rows, data_collator=PaddedCollator(encoder))


# -------------------------------------------------------------------------------------------------------- pre-training


class AllPositionsTrainer(MaskedTrainer):
    """The package's batches and masks, and the model's own loss, which projects every position onto the vocabulary."""

    def compute_loss(self, model: nn.Module, inputs: dict[str, Tensor], return_outputs: bool = False, **_: Any) -> Tensor:
        loss: Tensor = model(**inputs).loss
        return loss


# ---------------------------------------------------------------------------------------------------------- divergence


@torch.inference_mode()
def kept_maps_divergence(
    pretrained: PreTrainedModel, finetuned: PreTrainedModel, examples: LabelledExamples, batch: int
) -> dict[str, np.ndarray]:
    """The divergence of §5, computed once every attention map and every hidden state of both models is at hand.

    Returns:
        By name, the tensors of ``headcount.analysis.divergence.Divergence``.
    """
    before, after = (_everything(model, examples, batch) for model in (pretrained, finetuned))
    alone = _every_layer_alone(finetuned, before)
    count = len(examples.lengths)
    js, l2 = _compared(before, after)
    js_local, l2_local = _compared(before, alone)
    found = {"attention_js": js, "hidden_l2": l2, "attention_js_local": js_local, "hidden_l2_local": l2_local}
    found["hidden_l2_local"][0] = l2[0]
    return {name: (tensor / count).cpu().numpy() for name, tensor in found.items()}


def _compared(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> tuple[Tensor, Tensor]:
    """JS divergence ``[layers, heads]`` in nats and L2 distance ``[layers + 1]``, summed over examples."""
    js, l2 = [], []
    for x, y in zip(before, after, strict=True):
        maps = zip(x["attentions"], y["attentions"], strict=True)
        js.append(torch.stack([_js(p.double(), q.double(), x["shares"]) for p, q in maps]))
        states = zip(x["hidden_states"], y["hidden_states"], strict=True)
        l2.append(torch.stack([((a.double() - b.double()).norm(dim=-1) * x["shares"]).sum() for a, b in states]))
    return torch.stack(js).sum(0), torch.stack(l2).sum(0)


def _everything(model: PreTrainedModel, examples: LabelledExamples, batch: int) -> list[dict[str, Any]]:
    """Of every batch: each layer's attention ``[examples, heads, 128, 128]``, the hidden states, and each token's share."""
    implementation = model.config._attn_implementation
    model.set_attn_implementation("eager")
    found = []
    for start in range(0, len(examples.lengths), batch):
        inputs, _ = _padded_batch(examples, range(start, min(start + batch, len(examples.lengths))), model.device)
        real = inputs["attention_mask"].double()
        output = model(**inputs, output_attentions=True, output_hidden_states=True)
        found.append({**output, "inputs": inputs, "shares": real / real.sum(1, keepdim=True)})
    model.set_attn_implementation(implementation)
    return found


def _every_layer_alone(model: PreTrainedModel, kept: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of every batch: what each layer makes of the kept hidden states that enter it; the embeddings' are the kept ones."""
    implementation = model.config._attn_implementation
    model.set_attn_implementation("eager")
    found = []
    for batch in kept:
        maps: list[Tensor] = []
        states = [batch["hidden_states"][0]]
        for call, entering in zip(layer_calls(model, batch["inputs"])[1], batch["hidden_states"], strict=False):
            attention = call.site.attention
            with attention.register_forward_hook(lambda _, __, output, maps=maps: maps.append(output[1])):  # type: ignore[misc]
                states.append(call(entering))
        found.append({"attentions": maps, "hidden_states": states})
    model.set_attn_implementation(implementation)
    return found


def _js(p: Tensor, q: Tensor, shares: Tensor) -> Tensor:
    """Of one layer, each head's JS divergence (half the two Kullback-Leibler divergences from the mean), over examples."""
    average = (p + q) / 2
    from_p, from_q = (torch.where(x > 0, x * (x / average).log(), 0.0).sum(-1) for x in (p, q))
    return ((from_p + from_q) / 2 * shares[:, None]).sum((0, 2))
