"""Several ways of doing the same work, timed in turn, so that whatever else the machine does disturbs all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import torch

Rates = list[float]
"""Units of work per second, one number a repetition."""


def synchronize(device: str) -> None:
    """Wait until the device has done what it was given."""
    if device == "cuda":
        torch.cuda.synchronize()


def seconds(work: Callable[[], Any], device: str = "cpu") -> float:
    """How long ``work`` takes."""
    synchronize(device)
    start = time.perf_counter()
    work()
    synchronize(device)
    return time.perf_counter() - start


def in_turn(ways: dict[str, Callable[[], float]], repeats: int, warm_up: bool = True) -> dict[str, Rates]:
    """The rates of several ways: each is called once in every repetition, and says its rate.

    Args:
        warm_up: call each once more beforehand, and forget what it says.
    """
    rates: dict[str, Rates] = {name: [] for name in ways}
    for repetition in range(-int(warm_up), repeats):
        for name, way in ways.items():
            rate = way()
            if repetition >= 0:
                rates[name].append(rate)
    return rates


def rate_of(work: Callable[[], Any], units: float, device: str) -> Callable[[], float]:
    """A way for ``in_turn``: does ``work``, which is so many ``units``, and says units per second."""
    return lambda: units / seconds(work, device)


def ratios(rates: Rates, baseline: Rates) -> Rates:
    """How many times the baseline's rate, repetition by repetition."""
    return [rate / base for rate, base in zip(rates, baseline, strict=True)]


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Median, lowest, highest, and all the values."""
    return {"median": median(values), "low": min(values), "high": max(values), "runs": list(values)}


def peak_bytes(work: Callable[[], Any], device: str) -> int:
    """The most bytes of tensors, allocated since it began, that ``work`` holds at a time."""
    return _cuda_peak(work) if device == "cuda" else _cpu_peak(work)


def _cuda_peak(work: Callable[[], Any]) -> int:
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    work()
    torch.cuda.synchronize()
    return int(torch.cuda.max_memory_allocated() - before)


def _cpu_peak(work: Callable[[], Any]) -> int:
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        work()
    changes = [event for event in recorded.profiler.kineto_results.events() if event.name() == "[memory]"]
    held = peak = 0
    for event in sorted(changes, key=lambda event: event.start_ns()):
        held += event.nbytes()
        peak = max(peak, held)
    return peak
