"""Examples that a network is asked about: labelled texts, and masked text. Both give losses per example, and one answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn.functional import cross_entropy

from headcount.data.masking import IGNORED, document_rng, mask
from headcount.data.tokenizer import lengths
from headcount.encoders import masked_logits
from headcount.networks.batching import model_inputs, pad, surviving, token_batches
from headcount.order.outcomes import Answer

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from headcount.data.metrics import Metric
    from headcount.data.tokenizer import TextEncoder, Tokens

Inputs = dict[str, Tensor]

REDUCED = {"cuda": torch.bfloat16}
"""The precision of matrix products by the type of device; losses, gradients of gates and all sums keep theirs."""


def _precision(device: torch.device) -> torch.autocast:
    return torch.autocast(device.type, REDUCED.get(device.type), enabled=device.type in REDUCED)


class Examples(Protocol):
    """What importance and curves need to know of a task."""

    lengths: list[int]

    def batch(self, indices: Sequence[int], device: torch.device) -> tuple[Inputs, Tensor]:
        """Model inputs and targets of some examples."""

    def losses(self, model: PreTrainedModel, inputs: Inputs, targets: Tensor) -> Float[Tensor, " examples"]:
        """L(x) of each example of a batch."""

    def answer(self, model: PreTrainedModel, budget: int) -> Answer:
        """Score, loss and outcomes of ``model`` on all examples, asked once each, in batches of at most ``budget`` tokens."""

    def score(self, model: PreTrainedModel, budget: int) -> float:
        """The score of ``answer``."""


class LabelledExamples:
    """Texts or pairs with a class each; the score is ``metric(labels, predictions)``.

    Args:
        classes: how many there are, if that is known; a model that has another number of outputs is refused with a ValueError.
    """

    def __init__(
        self, tokens: Sequence[Tokens], labels: Sequence[int], encoder: TextEncoder, metric: Metric, classes: int | None = None
    ) -> None:
        self.classes = classes
        self.tokens = tokens
        self.labels = np.asarray(labels, np.int64)
        self.encoder = encoder
        self.metric = metric
        self.lengths = lengths(tokens)

    def batch(self, indices: Sequence[int], device: torch.device) -> tuple[Inputs, Tensor]:
        rows = [self.tokens[i] for i in indices]
        inputs = model_inputs([r.ids for r in rows], [r.types for r in rows], self.encoder.pad_id)
        return _moved(inputs, device), torch.from_numpy(self.labels[list(indices)]).to(device)

    def losses(self, model: PreTrainedModel, inputs: Inputs, targets: Tensor) -> Float[Tensor, " examples"]:
        return cross_entropy(self._logits(model, inputs), targets, reduction="none")

    @torch.inference_mode()
    def answer(self, model: PreTrainedModel, budget: int) -> Answer:
        """An example's outcome is the class that the model gives the highest logit."""
        predicted = np.empty(len(self.lengths), np.int64)
        losses = np.empty(len(self.lengths), np.float64)

        def ask(indices: Sequence[int]) -> None:
            inputs, targets = self.batch(indices, model.device)
            logits = self._logits(model, inputs)
            each = cross_entropy(logits, targets, reduction="none").cpu().numpy()
            predicted[list(indices)], losses[list(indices)] = logits.argmax(-1).cpu().numpy(), each

        surviving(token_batches(self.lengths, budget), self.lengths, ask)
        return Answer(self.metric(self.labels, predicted), float(losses.mean()), predicted, losses)

    def score(self, model: PreTrainedModel, budget: int) -> float:
        return self.answer(model, budget).score

    def _logits(self, model: PreTrainedModel, inputs: Inputs) -> Float[Tensor, "examples classes"]:
        logits = _logits(model, inputs)
        if self.classes not in (None, found := logits.shape[-1]):
            raise ValueError(f"the model's num_labels is {found}; the task has {self.classes} labels")
        return logits


class MaskedExamples:
    """Documents with some tokens masked; the score is recall@1 over all the masked tokens.

    The mask of a document depends on (seed, document) alone.
    """

    def __init__(
        self, tokens: Sequence[Tokens], documents: Sequence[str], encoder: TextEncoder, seed: int, share: float
    ) -> None:
        self.encoder = encoder
        self.types = [t.types for t in tokens]
        self.masked = [
            mask(t, document_rng(seed, document), encoder.mask_id, encoder.ordinary_ids, share)
            for t, document in zip(tokens, documents, strict=True)
        ]
        self.lengths = [len(t) for t in tokens]

    @property
    def masked_tokens(self) -> Int64[np.ndarray, " examples"]:
        """How many tokens of each document are masked."""
        return np.array([(labels != IGNORED).sum() for _, labels in self.masked], np.int64)

    def batch(self, indices: Sequence[int], device: torch.device) -> tuple[Inputs, Tensor]:
        ids = [self.masked[i][0] for i in indices]
        inputs = model_inputs(ids, [self.types[i] for i in indices], self.encoder.pad_id)
        return _moved(inputs, device), pad([self.masked[i][1] for i in indices], IGNORED).to(device)

    def losses(self, model: PreTrainedModel, inputs: Inputs, targets: Tensor) -> Float[Tensor, " examples"]:
        """The mean over the example's masked tokens."""
        chosen = targets != IGNORED
        each = cross_entropy(_masked_logits(model, inputs, chosen), targets[chosen], reduction="none")
        sums = torch.zeros(len(targets), device=each.device, dtype=each.dtype)
        owner = chosen.nonzero()[:, 0]
        return sums.index_add(0, owner, each) / chosen.sum(1)

    @torch.inference_mode()
    def answer(self, model: PreTrainedModel, budget: int) -> Answer:
        """A document's outcome is how many of its masked tokens have their own id as the top prediction."""
        hits = np.empty(len(self.lengths), np.int64)
        losses = np.empty(len(self.lengths), np.float64)

        def ask(indices: Sequence[int]) -> None:
            inputs, targets = self.batch(indices, model.device)
            chosen = targets != IGNORED
            logits = _masked_logits(model, inputs, chosen)
            each = cross_entropy(logits, targets[chosen], reduction="none").cpu().numpy()
            right = (logits.argmax(-1) == targets[chosen]).cpu().numpy()
            owner = chosen.nonzero()[:, 0].cpu().numpy()
            hits[list(indices)] = np.bincount(owner[right], minlength=len(indices))
            losses[list(indices)] = np.bincount(owner, weights=each, minlength=len(indices))

        surviving(token_batches(self.lengths, budget), self.lengths, ask)
        asked = int(self.masked_tokens.sum())
        return Answer(int(hits.sum()) / asked, float(losses.sum()) / asked, hits, losses)

    def score(self, model: PreTrainedModel, budget: int) -> float:
        return self.answer(model, budget).score


def _moved(inputs: Inputs, device: torch.device) -> Inputs:
    return {name: tensor.to(device, non_blocking=True) for name, tensor in inputs.items()}


def _logits(model: PreTrainedModel, inputs: Inputs) -> Tensor:
    with _precision(model.device):
        output: Any = model(**inputs)
    logits: Tensor = output.logits
    return logits.float() if logits.dtype is torch.bfloat16 else logits


def _masked_logits(model: PreTrainedModel, inputs: Inputs, chosen: Tensor) -> Tensor:
    with _precision(model.device):
        logits = masked_logits(model, inputs, chosen)
    return logits.float() if logits.dtype is torch.bfloat16 else logits
