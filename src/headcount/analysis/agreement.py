"""Agreement: how far any two runs of a model share their required units, and rank all units alike."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from jaxtyping import Float64

from headcount.analysis.chance import chance_jaccard, chance_overlap
from headcount.analysis.required import Crossing
from headcount.analysis.runs import Run, refuse_mixtures, size_of
from headcount.order.curve import Place

AGREEMENT_COLUMNS = {
    "study": "str", "model": "str", "unit": "str", "criterion": "str", "norm": "str",
    "task_a": "str", "seed_a": "int64", "task_b": "str", "seed_b": "int64",
    "heads_a": "Int64", "heads_b": "Int64", "heads": "int64", "shared": "Int64", "overlap": "Float64",
    "overlap_chance": "Float64", "jaccard": "Float64", "jaccard_chance": "Float64", "spearman": "Float64",
}  # fmt: skip


def agreement_table(runs: Sequence[Run], level: float, crossing: Crossing = "first_crossing") -> pd.DataFrame:
    """How far any two runs of one model agree, under the same norm: on their required units, and on the importance of all.

    Args:
        runs: of all tasks, the pre-train task among them; a pair stands in their order.
        level: at which the units are required, the same for all tasks.
        crossing: which crossing of it.

    Returns:
        ``AGREEMENT_COLUMNS``, a row per unordered pair of runs; the heads are units of the kind in ``unit``. Overlap is null
        where a set is empty, the Jaccard index where both are, Spearman's correlation where the importances of a run are all
        equal.

    Raises:
        ValueError: as ``largest_removed``; runs that do not belong together.
    """
    refuse_mixtures(runs)
    kept = [(run, run.required(level, crossing), ranks(run.importance)) for run in runs]
    rows = [
        {
            "study": a.study,
            "model": a.model,
            "unit": a.unit,
            "criterion": a.criterion,
            "norm": a.norm,
            "task_a": a.task,
            "seed_a": a.seed,
            "task_b": b.task,
            "seed_b": b.seed,
            "heads": a.units,
            **_overlaps(a.units, kept_a, kept_b),
            "spearman": correlation(ranks_a, ranks_b),
        }
        for (a, kept_a, ranks_a), (b, kept_b, ranks_b) in combinations(kept, 2)
        if a.norm == b.norm
    ]
    return pd.DataFrame(rows, columns=list(AGREEMENT_COLUMNS)).astype(AGREEMENT_COLUMNS)


def _overlaps(units: int, a: frozenset[Place] | None, b: frozenset[Place] | None) -> dict[str, float | None]:
    """The columns of the agreement table that speak of the two sets."""
    sizes: dict[str, float | None] = {"heads_a": size_of(a), "heads_b": size_of(b)}
    if a is None or b is None:
        return sizes
    return {
        **sizes,
        "shared": len(a & b),
        "overlap": len(a & b) / min(len(a), len(b)) if a and b else None,
        "overlap_chance": chance_overlap(units, len(a), len(b)),
        "jaccard": len(a & b) / len(a | b) if a | b else None,
        "jaccard_chance": chance_jaccard(units, len(a), len(b)),
    }


def spearman(a: Float64[np.ndarray, "*units"], b: Float64[np.ndarray, "*units"]) -> float | None:
    """Spearman's rank correlation of two importance tensors over all units; ``None`` where one of them is constant."""
    return correlation(ranks(a), ranks(b))


def ranks(importance: Float64[np.ndarray, "*units"]) -> Float64[np.ndarray, " units"] | None:
    """The rank of every unit, ties halved; ``None`` where all are alike."""
    from scipy.stats import rankdata

    return np.asarray(rankdata(importance.ravel()), np.float64) if np.ptp(importance) else None


def correlation(a: Float64[np.ndarray, " units"] | None, b: Float64[np.ndarray, " units"] | None) -> float | None:
    """Of ranks; sixty seeds make tens of thousands of pairs, so that each run is ranked but once."""
    if a is None or b is None:
        return None
    return float(np.corrcoef(np.column_stack([a, b]), rowvar=False)[1, 0])
