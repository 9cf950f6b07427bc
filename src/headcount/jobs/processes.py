"""Work shared by several processes, its results in order: the same whatever their number.

They are started afresh, not forked: a fork after threads have begun (Arrow's, the tokenizers library's, a warm process's) may
wait for ever. They end with the process that started them, however that ends.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, islice
from multiprocessing import get_context
from typing import Any, TypeVar

AFFECTS_RESULTS = False
SET_DEATH_SIGNAL = 1  # Linux's PR_SET_PDEATHSIG

Item = TypeVar("Item")
Made = TypeVar("Made")

_function: Callable[[Any], Any]


def shared(function: Callable[[Item], Made], items: Iterable[Item], processes: int) -> Iterator[Made]:
    """``map(function, items)`` by so many processes; the function, the items and what it makes of them are pickled.

    An item is taken when there is a process for it soon: no more than ``processes + 1``, or what was made of them, are held
    at once. A single item, and all where ``processes`` is 1, are dealt with in this process.
    """
    stream = iter(items)
    first = deque(islice(stream, 2))
    several = processes > 1 and len(first) > 1
    every = chain((first.popleft() for _ in range(len(first))), stream)
    if not several:
        yield from map(function, every)
        return
    waiting: deque[Future[Made]] = deque()
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _begin, (os.getpid(), function))
    try:
        for item in every:
            waiting.append(pool.submit(_work, item))
            del item
            if len(waiting) > processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(starter: int, function: Callable[[Any], Any]) -> None:
    """Be ready for items, and end with the process that gives them."""
    global _function
    _function = function
    if sys.platform == "linux":
        import ctypes

        if ctypes.CDLL(None).prctl(SET_DEATH_SIGNAL, signal.SIGKILL) != 0 or os.getppid() != starter:
            os._exit(1)


def _work(item: Any) -> Any:
    return _function(item)
