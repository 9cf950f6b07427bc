"""Which runs count, and why one does not: decided here for curves, tables, figures, verdicts and the page alike.

A run is one model on one task with one seed. It does not count where it collapsed in fine-tuning (it diverged, or has not
learnt: ``headcount.analysis.learnt``), where what is asked of it is undefined (its unpruned score is not above 0), or where it
needs no head, so that there is nothing to recall. Such a run is in no mean, and whoever leaves it out says so with the words
that stand here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from headcount.order.points import relative
from headcount.phrasing import counted

RUN = ["model", "task", "seed"]
Run = tuple[str, str, int]
"""(model, task, seed)."""
Runs: TypeAlias = Collection[Run] | pd.DataFrame | None
"""Runs, or a frame with columns model, task, seed; with a column ``collapsed`` too, its rows where that is true."""

Fate = Literal["used", "undefined", "empty", "collapsed"]
"""What becomes of a run: it is used, or why it is not."""
USED: Fate = "used"
LEFT_OUT: dict[Fate, str] = {
    "undefined": "undefined",
    "empty": "in need of no head",
    "collapsed": "collapsed in fine-tuning",
}
"""Why a run does not count, in words that fit after "1 of 3 seeds" and in brackets."""
EXPLAINED: dict[Fate, str] = {"undefined": "(unpruned score ≤ 0)"}


def fate(values: Sequence[float | None] | np.ndarray, *, collapsed: bool = False, empty: bool = False) -> Fate:
    """What becomes of one run.

    Args:
        values: what is asked of it: relative scores along its curve, recalls, one number; null or NaN where undefined.
        collapsed: it collapsed in fine-tuning.
        empty: it needs no head, which is why a recall is null.

    Raises:
        ValueError: values that are null at some points only.
    """
    if collapsed:
        return "collapsed"
    missing = pd.isna(np.asarray(values, dtype=object))
    if missing.all():
        return "empty" if empty else "undefined"
    if missing.any():
        where = f"null at {missing.sum()} of {len(missing)} points"
        raise ValueError(f"{where}; it is null at all of a run's points (unpruned score <= 0) or at none")
    return USED


def collapsed_runs(runs: Runs) -> set[Run]:
    """The runs that collapsed."""
    if not isinstance(runs, pd.DataFrame):
        return set(runs or ())
    rows = runs[runs["collapsed"].astype(bool)] if "collapsed" in runs else runs
    return {(str(model), str(task), int(seed)) for model, task, seed in rows[RUN].itertuples(index=False)}


def needs_no_head(rows: pd.DataFrame) -> bool:
    """Whether the rows of a run say that it needs no head: a column ``downstream_heads`` that is 0."""
    return "downstream_heads" in rows and bool((rows["downstream_heads"] == 0).fillna(False).all())


def fates(rows: pd.DataFrame, value: str | None = None, collapsed: Runs = None) -> pd.Series:
    """The fate of the run that each row is of.

    Args:
        rows: with columns model, task, seed; of several rows of a run, all have its fate. A column ``collapsed`` counts too,
            and so does what ``needs_no_head`` reads.
        value: the column that is null where it is undefined; without one, only the collapsed runs do not count.
        collapsed: more runs that collapsed.

    Raises:
        ValueError: a run whose values are null in some of its rows only.
    """
    gone = collapsed_runs(collapsed) | (collapsed_runs(rows) if "collapsed" in rows else set())
    found = pd.Series(USED, index=rows.index, dtype=object)
    for (model, task, seed), own in rows.groupby(RUN, sort=False):
        asked: Any = [0.0] if value is None else own[value].astype(object)
        try:
            found[own.index] = fate(asked, collapsed=(model, task, seed) in gone, empty=needs_no_head(own))
        except ValueError as error:
            raise ValueError(f"{model}, {task}, seed {seed}: {value} is {error}") from None
    return found


def notes(rows: pd.DataFrame) -> list[str]:
    """Lines that say which seeds a panel leaves out, and why; ``rows`` have columns seed and fate."""
    by_seed = rows.groupby("seed")["fate"].first()
    lines = []
    for each, why in LEFT_OUT.items():
        if lost := int((by_seed == each).sum()):
            lines += [f"{lost} of {counted(len(by_seed), 'seed')} {why}", *([EXPLAINED[each]] if each in EXPLAINED else [])]
    return lines


def relative_score(score: float, unpruned: float, collapsed: bool) -> float:
    """A score over the unpruned run's; NaN where a run collapsed, or where the unpruned score is not above 0."""
    share = None if collapsed else relative([unpruned, score])[1]
    return np.nan if share is None else share
