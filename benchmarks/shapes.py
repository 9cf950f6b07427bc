"""What the measurements run on: models of three sizes with random weights, and examples as long as GLUE's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch

from benchmarks.lengths import drawn
from headcount import encoders
from headcount.data.metrics import accuracy
from headcount.data.tokenizer import Tokens
from headcount.miniature.encoders import shipped
from headcount.networks.batching import token_batches
from headcount.networks.examples import LabelledExamples, MaskedExamples
from headcount.planning import flops as planning
from headcount.planning.products import matrix_rate

if TYPE_CHECKING:
    from transformers import PreTrainedModel

LONGEST = 128
MASK = 0.15
"""Share of a block's tokens that are masked."""
SPECIAL = 5
"""Token ids below this one are special."""


@dataclass(frozen=True)
class Shape:
    """An architecture: settings of its family's configuration class."""

    family: str
    settings: Mapping[str, Any]

    def config(self) -> Any:
        return encoders.family_of(self.family).config_class(self.family)(**self.settings)

    def model(self, purpose: str, device: str, dtype: torch.dtype = torch.float32) -> PreTrainedModel:
        """Random weights, the same at every call; no parameter needs a gradient."""
        torch.manual_seed(0)
        made: PreTrainedModel = encoders.family_of(self.family).model_class(self.family, purpose)(self.config())
        return made.to(dtype).to(device).eval().requires_grad_(False)


_ROBERTA_LARGE = {
    "vocab_size": 50265, "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096,
    "max_position_embeddings": 514, "type_vocab_size": 1, "pad_token_id": 1, "layer_norm_eps": 1e-5,
}  # fmt: skip

SHAPES = {
    "miniature": Shape("roberta", json.loads((shipped("roberta") / "config.json").read_text())),
    "bert-base": Shape("bert", {"vocab_size": 30522, "pad_token_id": 0}),
    "roberta-large": Shape("roberta", _ROBERTA_LARGE),
}


@dataclass(frozen=True)
class Effort:
    """How much is run per repetition."""

    tokens: int
    """The package's token budget per batch."""
    batches: int
    """Batches of a stage, one from each part of a whole sample's; a quarter as many, and at least one, of each task."""
    alone: int
    """Examples of the one-by-one baseline, each of which costs the same."""
    blocks: int
    """Blocks of masked text: as many are scored, and make a step of pre-training."""
    step: float
    """Distance of a curve's points."""
    training_batch: int
    """Examples per fine-tuning step."""
    steps: int
    """Fine-tuning steps that are timed; as many come before them."""
    warm_up: bool = True
    """Do everything once before it is timed; not where once takes seconds."""


QUICK = Effort(tokens=256, batches=1, alone=1, blocks=1, step=0.5, training_batch=4, steps=1, warm_up=False)
EFFORTS = {
    ("cpu", "miniature"): Effort(1024, 4, alone=8, blocks=16, step=0.05, training_batch=32, steps=8),
    ("cpu", "bert-base"): Effort(1024, 2, alone=3, blocks=2, step=0.25, training_batch=16, steps=4, warm_up=False),
    ("cpu", "roberta-large"): Effort(256, 1, alone=1, blocks=1, step=0.5, training_batch=8, steps=1, warm_up=False),
    ("cuda", "miniature"): Effort(16384, 8, alone=64, blocks=64, step=0.05, training_batch=32, steps=50),
    ("cuda", "bert-base"): Effort(16384, 8, alone=64, blocks=128, step=0.05, training_batch=32, steps=50),
    ("cuda", "roberta-large"): Effort(16384, 8, alone=64, blocks=128, step=0.05, training_batch=32, steps=50),
}


@dataclass(frozen=True)
class Setup:
    """One shape on one device, and how much to run."""

    name: str
    device: str
    effort: Effort
    repeats: int
    """How often each thing is timed."""
    dtype: torch.dtype = torch.float32
    """Of every model, the baselines' too; fine-tuning keeps float32 weights, and lets the Trainer choose."""

    @property
    def shape(self) -> Shape:
        return SHAPES[self.name]

    def products(self) -> float:
        """What the device does a second in large matrix products, in this precision and on as many threads: for ``in_turn``."""
        return matrix_rate(self.device, self.dtype, seconds=0.2)

    def model(self, purpose: str = "ForSequenceClassification") -> PreTrainedModel:
        """The shape's model on this device."""
        return self.shape.model(purpose, self.device, self.dtype)


# ------------------------------------------------------------------------------------------------------------ examples

PAPER = {
    "importance": ("train", {"cola": 8551, "sst2": 67349, "qqp": 72769, "mnli": 78540}),
    "curve": ("validation", {"cola": 1043, "sst2": 872, "qqp": 40430, "mnli": 9815}),
    "fine-tuning": ("train", {"cola": 8551, "sst2": 67349, "qqp": 363846, "mnli": 392702}),
    "divergence": ("train", {"cola": 8551, "sst2": 67349, "qqp": 90962, "mnli": 98176}),
}
"""By stage of the paper: the split, and the number of examples of each task (App. C)."""


WHOLE = 20_000
"""Examples that stand for a stage's whole sample."""


class Vocabulary:
    """As much of a text encoder as examples of random tokens need."""

    def __init__(self, config: Any) -> None:
        self.pad_id = int(config.pad_token_id)
        self.mask_id = SPECIAL - 1
        self.ordinary_ids = np.arange(SPECIAL, config.vocab_size)


def mixed_lengths(stage: str, count: int) -> list[int]:
    """``count`` lengths of the tasks' examples in the shares in which the paper's ``stage`` reads them, shuffled."""
    split, sizes = PAPER[stage]
    ends = np.round(np.cumsum(list(sizes.values())) / sum(sizes.values()) * count).astype(int)
    counts = np.diff(ends, prepend=0)
    found = [length for task, part in zip(sizes, counts, strict=True) for length in drawn(task, split, int(part), LONGEST)]
    return [int(length) for length in np.random.default_rng(1).permutation(found)]


def typical(batches: Sequence[list[int]], count: int) -> list[int]:
    """Lengths of a few of the batches that a whole sample falls into, given longest first: what is padded, and how long
    the batches are, is then as in the whole.

    Of each of ``count`` equal parts of the list, the batch whose padding to one length costs as much as the part's mean.
    """
    chosen: list[int] = []
    for numbers in np.array_split(np.arange(len(batches)), count):
        costs = np.array([max(batches[i]) for i in numbers])
        per_example = sum(c * len(batches[i]) for c, i in zip(costs, numbers, strict=True)) / sum(
            len(batches[i]) for i in numbers
        )
        chosen += batches[numbers[np.argmin(np.abs(costs - per_example))]]
    return chosen


def sampled(lengths: Sequence[int], budget: int, count: int) -> list[int]:
    """Lengths of the ``typical`` batches of a sample; alone, they fall into the same batches again."""
    return typical([[lengths[i] for i in batch] for batch in token_batches(lengths, budget)], count)


def of_stage(stage: str, budget: int, count: int) -> list[int]:
    """Typical batches of the paper's mix of tasks."""
    return sampled(mixed_lengths(stage, WHOLE), budget, count)


def of_task(stage: str, task: str, budget: int, count: int) -> list[int]:
    """Typical batches of one task."""
    return sampled(drawn(task, PAPER[stage][0], WHOLE, LONGEST), budget, count)


def of_training(batch: int, count: int) -> list[int]:
    """Typical batches of fine-tuning, which buckets 50 batches by length at a time."""
    longest_first = sorted(mixed_lengths("fine-tuning", 50 * batch), reverse=True)
    return typical([longest_first[i : i + batch] for i in range(0, len(longest_first), batch)], count)


def mean_batch(stage: str, budget: int) -> int:
    """Examples per batch of the paper's mix of tasks, on average."""
    return round(WHOLE / len(token_batches(mixed_lengths(stage, WHOLE), budget)))


def random_tokens(lengths: list[int], vocabulary: Vocabulary) -> list[Tokens]:
    """Texts of the given lengths; their first and last tokens are special."""
    rng = np.random.default_rng(2)
    rows = [rng.choice(vocabulary.ordinary_ids, length) for length in lengths]
    edges = [np.isin(np.arange(length), (0, length - 1)) for length in lengths]
    return [Tokens(row, np.zeros_like(row), edge) for row, edge in zip(rows, edges, strict=True)]


def labelled(lengths: list[int], config: Any) -> LabelledExamples:
    """Random tokens of the given lengths with random labels."""
    vocabulary = Vocabulary(config)
    labels = np.random.default_rng(3).integers(0, config.num_labels, len(lengths))
    return LabelledExamples(random_tokens(lengths, vocabulary), labels.tolist(), vocabulary, accuracy)  # type: ignore[arg-type]


def masked(lengths: list[int], config: Any) -> MaskedExamples:
    """Blocks of random tokens, ``MASK`` of them masked."""
    vocabulary = Vocabulary(config)
    names = [str(number) for number in range(len(lengths))]
    return MaskedExamples(random_tokens(lengths, vocabulary), names, vocabulary, 0, MASK)  # type: ignore[arg-type]


def block_lengths(count: int, config: Any) -> list[int]:
    """Lengths of masked-LM blocks, cut to the model's positions."""
    return drawn("mlm", "train", count, min(512, config.max_position_embeddings - 2))


# ---------------------------------------------------------------------------------------------------------------- FLOPs


def flops(
    config: Any,
    lengths: Sequence[int],
    way: Literal["forward", "importance", "training"] = "forward",
    removed: float = 0.0,
    mask: float = 0.0,
) -> float:
    """Operations of the matrix products for examples of these lengths, without any padding: as `make plan` counts them.

    Args:
        removed: the share of its heads that the model has lost.
        mask: the share of the tokens for which the vocabulary is asked.
    """
    shape = planning.Shape.of(config.to_dict())
    asked = mask * getattr(planning.vocabulary(shape), way)
    return float(sum(length * (getattr(planning.body(shape, length, removed), way) + asked) for length in lengths))


def curve_flops(config: Any, lengths: Sequence[int], removed: Sequence[int], heads: int) -> float:
    """Operations of a score at each point of a curve."""
    return sum(flops(config, lengths, removed=count / heads) for count in removed)
