"""Batches by token budget, bucketed by length: hardly any padding, and the same batches whatever else runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from headcount.progress import log


def token_batches(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Indices in batches of similar length whose padded size (examples × longest) stays within ``budget`` tokens.

    Longest first, so that memory peaks at once; an example longer than the budget has a batch to itself. Depends on the
    lengths alone.
    """
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    batches: list[list[int]] = []
    for index in order:
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= budget:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def padded(indices: Sequence[int], lengths: Sequence[int]) -> int:
    """Tokens of a batch, padding included."""
    return len(indices) * max(lengths[i] for i in indices)


def surviving(batches: Iterable[Sequence[int]], lengths: Sequence[int], work: Callable[[Sequence[int]], None]) -> None:
    """Do ``work`` on every batch; where memory runs out, with half as many tokens a batch from there on.

    Args:
        work: leaves nothing behind of a batch that it did not finish, and comes to the same however batches are cut.

    Raises:
        torch.OutOfMemoryError: a single example is too much.
    """
    limit: float = float("inf")
    for batch in batches:
        waiting = [batch]
        while waiting:
            part = waiting.pop()
            if len(part) > 1 and padded(part, lengths) > limit:
                half = (len(part) + 1) // 2
                waiting += [part[half:], part[:half]]
            elif not _fits(work, part):
                limit = padded(part, lengths) // 2
                log.warning(f"out of memory with {padded(part, lengths)} tokens a batch: going on with at most {limit}")
                waiting.append(part)


def _fits(work: Callable[[Sequence[int]], None], indices: Sequence[int]) -> bool:
    """Whether the work on a batch could be done; what a failed attempt held is free again when this returns."""
    try:
        work(indices)
    except torch.OutOfMemoryError:
        if len(indices) == 1:
            raise
    else:
        return True
    torch.cuda.empty_cache()
    return False


def pad(rows: Sequence[Int64[np.ndarray, " tokens"]], value: int) -> Tensor:
    """Rows of different lengths as one int64 tensor ``[rows, longest]``, filled up on the right with ``value``."""
    out = np.full((len(rows), max(len(row) for row in rows)), value, np.int64)
    for i, row in enumerate(rows):
        out[i, : len(row)] = row
    return torch.from_numpy(out)


def model_inputs(
    ids: Sequence[Int64[np.ndarray, " tokens"]], types: Sequence[Int64[np.ndarray, " tokens"]], pad_id: int
) -> dict[str, Tensor]:
    """``input_ids``, ``token_type_ids`` and ``attention_mask``, each ``[examples, longest]``."""
    lengths = torch.tensor([len(row) for row in ids])
    return {
        "input_ids": pad(ids, pad_id),
        "token_type_ids": pad(types, 0),
        "attention_mask": (torch.arange(int(lengths.max())) < lengths[:, None]).long(),
    }
