"""How far an importance can be trusted: whether another half of the examples ranks the heads alike, and how few carry it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Float64

from headcount.analysis.agreement import spearman

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headcount.criteria.contributions import Contributions

COLUMNS = ("study", "model", "task", "seed", "examples", "split_half", "largest_percent_share")


@dataclass(frozen=True)
class Reliability:
    """Of one estimate. Both are null where no example has a part of its own: where gradients are summed over a batch first.

    Args:
        split_half: Spearman's correlation, over all heads, of the importances on the sample's even and its odd places; each
            rests on half of the examples. Null too where either is constant, such as on no example.
        largest_percent_share: of the sum over examples and heads, the share of the 1 % of the examples that add most (rounded
            down, at least one): 0.01 where all add the same. Null too where the sum is 0.
    """

    split_half: float | None
    largest_percent_share: float | None


def reliability(found: Contributions) -> Reliability:
    """Of an estimate, from what each example added to it."""
    if found.halves is None:
        return Reliability(None, None)
    return Reliability(spearman(*found.halves), largest_share(found.totals))


def largest_share(totals: Float64[np.ndarray, " examples"], percent: int = 1) -> float | None:
    """The share of a sum that its largest ``percent`` % of terms carry, at least one; ``None`` of a sum of 0."""
    count = max(1, len(totals) * percent // 100)
    whole = float(totals.sum())
    return float(np.sort(totals)[-count:].sum()) / whole if whole else None


def reliability_table(about: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """A row an importance: ``COLUMNS``, from what the files say about themselves."""
    rows = [{**one, **one["reliability"]} for one in about]  # type: ignore[dict-item]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"split_half": "Float64", "largest_percent_share": "Float64"})
