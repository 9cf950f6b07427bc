"""What a person sees of a running job: the lines of its log, and how far it is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

AFFECTS_RESULTS = False
log = logging.getLogger("headcount")


def start_log() -> None:
    """Have the package's log lines go to standard error, each with the time of day."""
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    log.setLevel(logging.INFO)


def followed(what: str) -> Callable[[Sequence[Any]], Iterable[Any]]:
    """A function that passes items on, with a progress bar in the job's log."""

    def follow(items: Sequence[Any]) -> Iterable[Any]:
        from tqdm import tqdm

        return tqdm(items, desc=what)

    return follow
