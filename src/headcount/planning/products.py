"""How fast a device multiplies matrices: its own floor, of which the speed of any work on it is a share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

SIDES = {"cpu": 1536, "cuda": 8192}
"""Rows and columns of the matrices; larger ones are multiplied no faster."""
AT_ONCE = {"cpu": 1, "cuda": 20}
"""Products that are timed together: a card is given several before it has done the first."""


def matrix_rate(
    device: str = "cpu",
    dtype: torch.dtype | None = None,
    threads: int | None = None,
    seconds: float = 1.0,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """FLOP/s of a product of large matrices: the best of those done in ``seconds``, and of three at least.

    Args:
        dtype: of the matrices, by default float32.
        threads: of the CPU, by default as many as torch uses.
        clock: that of the process, for one thread, leaves out what other work on the machine takes.
    """
    import torch

    side, count = SIDES[device], AT_ONCE[device]
    numbers = torch.Generator(device).manual_seed(0)  # zeros or ones would draw less power on a card, and be multiplied faster
    left, right = (torch.randn(side, side, generator=numbers, device=device, dtype=dtype) for _ in range(2))
    out = torch.empty_like(left)

    def once() -> float:
        start = clock()
        for _ in range(count):
            torch.mm(left, right, out=out)
        if device == "cuda":
            torch.cuda.synchronize()
        return clock() - start

    with _threads(threads):
        once()
        until, took = clock() + seconds, [once() for _ in range(3)]
        while clock() < until:
            took.append(once())
    return 2 * side**3 * count / min(took)


@contextmanager
def _threads(count: int | None) -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
