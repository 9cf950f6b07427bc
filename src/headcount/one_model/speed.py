"""How much faster one model is than another: timed in turn, here, on the same texts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from headcount.one_model.bars import bar

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from headcount.networks.examples import LabelledExamples

BATCH = 32
ROUNDS = (5, 25)
"""At least and at most so many rounds."""
SECONDS = 8.0
"""After which no further round begins, once there are enough."""


@dataclass(frozen=True)
class Speed:
    """Of two models that answered the same batch in turn.

    Args:
        ratio: of the first one's time to the second's, median over the rounds; half of them between ``low`` and ``high``.
        whole, smaller: median milliseconds.
        batch, tokens: texts, and tokens of each with padding.
        device: where; ``threads`` of a CPU.
    """

    ratio: float
    low: float
    high: float
    whole: float
    smaller: float
    batch: int
    tokens: int
    device: str
    threads: int | None
    rounds: int

    @property
    def how(self) -> str:
        """How it was measured."""
        where = self.device if self.threads is None else f"{self.device}, {self.threads} thread{'s' * (self.threads > 1)}"
        return f"{self.batch} texts of {self.tokens} tokens at once; {where}; median of {self.rounds} rounds, in turn"

    def __str__(self) -> str:
        return f"{self.ratio:.2f} × as fast ({self.how})"


def compare(whole: PreTrainedModel, smaller: PreTrainedModel, examples: LabelledExamples, batch: int = BATCH) -> Speed:
    """How many times as fast the smaller model answers the same ``batch`` examples (fewer if there are no more)."""
    import torch

    from headcount.one_model.loading import at_rest

    device = smaller.device
    inputs, _ = examples.batch(range(min(batch, len(examples.lengths))), device)

    def seconds(model: PreTrainedModel) -> float:
        _wait(device)
        start = time.perf_counter()
        model(**inputs)
        _wait(device)
        return time.perf_counter() - start

    first: list[float] = []
    second: list[float] = []
    with at_rest(whole), torch.inference_mode(), bar("speed", ROUNDS[1]) as step:
        for model in (whole, smaller):
            seconds(model)
        began = time.perf_counter()
        while len(first) < ROUNDS[0] or (len(first) < ROUNDS[1] and time.perf_counter() - began < SECONDS):
            pair = ((whole, first), (smaller, second))
            for model, taken in pair if len(first) % 2 else pair[::-1]:
                taken.append(seconds(model))
            step()
    ratios = [one / other for one, other in zip(first, second, strict=True)]
    count, tokens = inputs["input_ids"].shape
    threads = torch.get_num_threads() if device.type == "cpu" else None
    times = (1000 * median(first), 1000 * median(second))
    name = _name(device)
    low, ratio, high = quantiles(ratios, n=4, method="inclusive")
    return Speed(ratio, low, high, *times, count, tokens, name, threads, len(ratios))


def _wait(device: Any) -> None:
    import torch

    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _name(device: Any) -> str:
    import torch

    return torch.cuda.get_device_name(device) if device.type == "cuda" else str(device.type).upper()
