"""Recall (Eq. 5): how well the pre-train task's required heads cover those of a downstream task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from headcount.analysis.chance import chance_recall
from headcount.analysis.required import CROSSINGS
from headcount.analysis.runs import Run, _refuse_mixtures, _size
from headcount.order.ranking import Head

RECALL_COLUMNS = {
    "study": "str", "model": "str", "task": "str", "seed": "int64", "norm": "str", "crossing": "str", "x": "float64",
    "downstream_level": "float64", "pretrain_heads": "Int64", "downstream_heads": "Int64", "heads": "int64", "shared": "Int64",
    "recall": "Float64", "chance": "Float64", "chance_low": "Float64", "chance_high": "Float64", "collapsed": "bool",
}  # fmt: skip


def recall_table(
    pretrain: Sequence[Run], downstream: Sequence[Run], levels: Sequence[float], downstream_level: float
) -> pd.DataFrame:
    """Recall (Eq. 5) of one model by run, crossing and level on the pre-train task, each with its chance level.

    The pre-train run of the same seed and norm is compared. Chance is that of random heads, as many as the pre-train task
    requires; it is null with the recall.

    Args:
        pretrain: runs of the pre-train task.
        downstream: runs of the tasks that the model is fine-tuned for; the table follows their order.
        levels: x of Eq. 5.
        downstream_level: 0.9 in Eq. 5.

    Returns:
        ``RECALL_COLUMNS``; ``collapsed`` tells a collapsed run from one whose recall is undefined for another reason.

    Raises:
        ValueError: as ``largest_removed``; runs that do not belong together; no pre-train run of a seed and norm.
    """
    _refuse_mixtures([*pretrain, *downstream])
    of_pretrain = {(run.seed, run.norm): run for run in pretrain}
    rows: list[dict[str, Any]] = []
    for run in downstream:
        if (run.seed, run.norm) not in of_pretrain:
            raise ValueError(f"{run}: no run of the pre-train task has this seed and norm")
        rows += _recalls(of_pretrain[run.seed, run.norm], run, levels, downstream_level)
    return pd.DataFrame(rows, columns=list(RECALL_COLUMNS)).astype(RECALL_COLUMNS)


def _recalls(pretrain: Run, run: Run, levels: Sequence[float], downstream_level: float) -> Iterator[dict[str, Any]]:
    for crossing in CROSSINGS:
        wanted = run.required(downstream_level, crossing)
        for level in levels:
            yield {
                "study": run.study,
                "model": run.model,
                "task": run.task,
                "seed": run.seed,
                "norm": run.norm,
                "crossing": crossing,
                "x": level,
                "downstream_level": downstream_level,
                "heads": run.heads,
                **_recall(run.heads, pretrain.required(level, crossing), wanted),
                "collapsed": run.collapsed,
            }


def _recall(heads: int, kept: frozenset[Head] | None, wanted: frozenset[Head] | None) -> dict[str, float | None]:
    """The columns of the recall table that speak of the two sets."""
    sizes: dict[str, float | None] = {"pretrain_heads": _size(kept), "downstream_heads": _size(wanted)}
    if kept is None or wanted is None:
        return sizes
    shared = len(kept & wanted)
    chance = chance_recall(heads, len(kept), len(wanted))
    if chance is None:
        return {**sizes, "shared": shared}
    mean, low, high = chance
    found = {"shared": shared, "recall": shared / len(wanted), "chance": mean, "chance_low": low, "chance_high": high}
    return {**sizes, **found}
