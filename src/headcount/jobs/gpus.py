"""One card for each running job: Snakemake counts cards and hands out none, so a job leases one by a lock on a file.

A lock is gone when the process that holds it is, however it ended.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path
from typing import IO

AFFECTS_RESULTS = False
VISIBLE = "CUDA_VISIBLE_DEVICES"
_held: list[IO[str]] = []


def device(name: str) -> str:
    """The option ``--device`` of a script: for ``cuda``, this process has a card of its own from here on.

    Raises:
        SystemExit: no card is there, or every card is held by another job.
    """
    if name == "cuda":
        lease(_cards())
    return name


def _cards() -> list[str]:
    """The cards that this process may use, as ``CUDA_VISIBLE_DEVICES`` names them."""
    if VISIBLE in os.environ:
        return [card.strip() for card in os.environ[VISIBLE].split(",") if card.strip()]
    import torch

    return [str(number) for number in range(torch.cuda.device_count())]


def lease(cards: list[str], folder: Path | None = None) -> str:
    """Hold the first of ``cards`` that no other process holds, for as long as this process lives, and see no other.

    Args:
        folder: where the locks are; by default one place for all users of the machine.

    Raises:
        SystemExit: no card is there, or every card is held.
    """
    if not cards:
        raise SystemExit("device: cuda, but no card is to be seen; run on a machine with one, or set device: cpu")
    folder = folder or Path(tempfile.gettempdir()) / "headcount-cards"
    folder.mkdir(mode=0o777, exist_ok=True)
    for card in cards:
        lock = (folder / card.replace("/", "_")).open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        _held.append(lock)
        os.environ[VISIBLE] = card
        return card
    raise SystemExit(
        f"each of the {len(cards)} cards is held by another job; run no more jobs than cards: --resources gpu={len(cards)}"
    )
