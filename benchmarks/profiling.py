"""Where the time of one job goes, operator by operator: ``python -m benchmarks.profiling curve --shape bert-base``."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks.shapes import EFFORTS, SHAPES, Setup, labelled, of_stage
from benchmarks.timing import synchronize
from benchmarks.training import FineTuning, PreTraining
from headcount.criteria.gate_gradient import estimate

Work = Callable[[AbstractContextManager[Any]], Any]
"""Does a job once, what is looked at within the context that it is given: of a training the steps under way."""


def fine_tuning(setup: Setup) -> Work:
    return FineTuning(setup).package


def pre_training(setup: Setup) -> Work:
    return PreTraining(setup).package


def curve(setup: Setup) -> Work:
    """One point, unpruned."""
    model, effort = setup.model(), setup.effort
    examples = labelled(of_stage("curve", effort.tokens, effort.batches), model.config)
    return within(lambda: examples.score(model, effort.tokens))


def importance(setup: Setup) -> Work:
    model, effort = setup.model(), setup.effort
    examples = labelled(of_stage("importance", effort.tokens, effort.batches), model.config)
    return within(lambda: estimate(model, examples, effort.tokens))


def within(job: Callable[[], Any]) -> Work:
    """The whole of a job is looked at."""

    def work(watched: AbstractContextManager[Any]) -> None:
        with watched:
            job()

    return work


JOBS = {"fine-tuning": fine_tuning, "pre-training": pre_training, "curve": curve, "importance": importance}


def operators(work: Work, device: str, rows: int) -> list[tuple[str, float, float, int]]:
    """The ``rows`` operators that take most of the time themselves: name, seconds, share of the whole, calls.

    The first row is the whole; the second what no operator accounts for: Python, and on a card the time that it idles.
    """
    activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if device == "cuda" else [])
    work(nullcontext())
    recorded = profile(activities=activities)
    took: list[float] = []

    @contextmanager
    def watched() -> Iterator[None]:
        with recorded:
            start = time.perf_counter()
            yield
            synchronize(device)
            took.append(time.perf_counter() - start)

    work(watched())
    (whole,) = took
    found = []
    for event in recorded.key_averages():
        micros = event.self_device_time_total if device == "cuda" else event.self_cpu_time_total
        found.append((event.key, micros / 1e6, micros / 1e6 / whole, event.count))
    found.sort(key=lambda row: -row[1])
    other = whole - sum(row[1] for row in found)
    return [("whole", whole, 1.0, 1), ("outside of operators", other, other / whole, 1), *found[:rows]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=sorted(JOBS))
    parser.add_argument("--shape", choices=sorted(SHAPES), default="bert-base")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--rows", type=int, default=20, help="how many operators to list")
    args = parser.parse_args()
    dtype = torch.bfloat16 if args.device == "cuda" else torch.float32
    setup = Setup(args.shape, args.device, EFFORTS[args.device, args.shape], 1, dtype)
    for name, took, share, calls in operators(JOBS[args.job](setup), args.device, args.rows):
        print(f"{name:45.45} {took:9.3f} s {share:7.1%} {calls:8}")


if __name__ == "__main__":
    main()
