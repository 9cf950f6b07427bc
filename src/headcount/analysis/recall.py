"""Recall (Eq. 5): how well the pre-train task's required units cover those of a downstream task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from headcount.analysis.chance import chance_recall
from headcount.analysis.required import CROSSINGS
from headcount.analysis.runs import Run, refuse_mixtures, size_of
from headcount.order.curve import Place

RECALL_COLUMNS = {
    "study": "str", "model": "str", "task": "str", "seed": "int64", "unit": "str", "criterion": "str", "norm": "str",
    "crossing": "str", "x": "float64", "downstream_level": "float64", "pretrain_heads": "Int64", "downstream_heads": "Int64",
    "heads": "int64", "shared": "Int64", "recall": "Float64", "chance": "Float64", "chance_low": "Float64",
    "chance_high": "Float64", "collapsed": "bool",
}  # fmt: skip


def recall_table(
    pretrain: Sequence[Run], downstream: Sequence[Run], levels: Sequence[float], downstream_level: float
) -> pd.DataFrame:
    """Recall (Eq. 5) of one model by run, crossing and level on the pre-train task, each with its chance level.

    The pre-train run of the same seed and norm is compared. Chance is that of random units, as many as the pre-train task
    requires; it is null with the recall.

    Args:
        pretrain: runs of the pre-train task.
        downstream: runs of the tasks that the model is fine-tuned for; the table follows their order.
        levels: x of Eq. 5.
        downstream_level: 0.9 in Eq. 5.

    Returns:
        ``RECALL_COLUMNS``; the heads are units of the kind in ``unit``; ``collapsed`` tells a collapsed run from one whose
        recall is undefined for another reason.

    Raises:
        ValueError: as ``largest_removed``; runs that do not belong together; no pre-train run of a seed and norm.
    """
    refuse_mixtures([*pretrain, *downstream])
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
                "unit": run.unit,
                "criterion": run.criterion,
                "norm": run.norm,
                "crossing": crossing,
                "x": level,
                "downstream_level": downstream_level,
                "heads": run.units,
                **_recall(run.units, pretrain.required(level, crossing), wanted),
                "collapsed": run.collapsed,
            }


def _recall(units: int, kept: frozenset[Place] | None, wanted: frozenset[Place] | None) -> dict[str, float | None]:
    """The columns of the recall table that speak of the two sets."""
    sizes: dict[str, float | None] = {"pretrain_heads": size_of(kept), "downstream_heads": size_of(wanted)}
    if kept is None or wanted is None:
        return sizes
    shared = len(kept & wanted)
    chance = chance_recall(units, len(kept), len(wanted))
    if chance is None:
        return {**sizes, "shared": shared}
    mean, low, high = chance
    found = {"shared": shared, "recall": shared / len(wanted), "chance": mean, "chance_low": low, "chance_high": high}
    return {**sizes, **found}
