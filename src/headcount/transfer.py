"""Do tasks need the same heads? Required heads, recall (§4, Eq. 5, Fig. 3), agreement of runs, and what chance gives of each.

Everything is computed from tables. What is undefined is null, never 0: a collapsed run, or one whose relative scores are
null, has no required heads, and nothing can be shared with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from jaxtyping import Float64

from headcount.ranking import Head

Crossing = Literal["first_crossing", "last_crossing"]
"""Which crossing of a level counts on a curve that wiggles; the paper does not say."""
CROSSINGS: tuple[Crossing, ...] = get_args(Crossing)
ROUNDING = 1e-9
"""What is this little below a bar has reached it: a score of 0.72 is 0.9 of 0.8, and less in floating point."""
BAND = (0.025, 0.975)
"""The quantiles that bound what chance gives in 95 % of the cases."""

RECALL_COLUMNS = {
    "study": "str", "model": "str", "task": "str", "seed": "int64", "norm": "str", "crossing": "str", "x": "float64",
    "downstream_level": "float64", "pretrain_heads": "Int64", "downstream_heads": "Int64", "heads": "int64", "shared": "Int64",
    "recall": "Float64", "chance": "Float64", "chance_low": "Float64", "chance_high": "Float64", "collapsed": "bool",
}  # fmt: skip
AGREEMENT_COLUMNS = {
    "study": "str", "model": "str", "norm": "str", "task_a": "str", "seed_a": "int64", "task_b": "str", "seed_b": "int64",
    "heads_a": "Int64", "heads_b": "Int64", "heads": "int64", "shared": "Int64", "overlap": "Float64",
    "overlap_chance": "Float64", "jaccard": "Float64", "jaccard_chance": "Float64", "spearman": "Float64",
}  # fmt: skip


# ------------------------------------------------------------------------------------------------------- required heads


def largest_removed(
    removed: Sequence[int], relative_scores: Sequence[float | None], level: float, crossing: Crossing = "first_crossing"
) -> int | None:
    """How many units can go before the relative score falls below a level.

    Args:
        removed: units removed at each point of a curve, from 0 up.
        relative_scores: share of the unpruned score at each point; all null where undefined.
        level: 0 … 1.
        crossing: ``first_crossing``: the largest point such that every point up to and including it reaches the level;
            ``last_crossing``: the largest point that reaches it, whatever lies before.

    Returns:
        ``None`` if the relative scores are null; 0 at least, since the unpruned model has all of its own score.

    Raises:
        ValueError: another crossing or level, points that do not rise from 0, or relative scores null at some points only.
    """
    if crossing not in CROSSINGS:
        raise ValueError(f"crossing {crossing!r} is unknown: allowed are {', '.join(CROSSINGS)}")
    if not 0 <= level <= 1:
        raise ValueError(f"level {level}: allowed is 0 … 1, a share of the unpruned model's score")
    points = np.asarray(removed)
    if not len(points) or points[0] != 0 or (np.diff(points) <= 0).any():
        raise ValueError(f"a curve's points rise from 0 removed; these are {points.tolist()}")
    scores = pd.array(relative_scores, dtype="Float64").to_numpy(dtype=float, na_value=np.nan)
    if (missing := np.isnan(scores)).all():
        return None
    if missing.any():
        raise ValueError(f"relative scores are null at {missing.sum()} of {len(missing)} points: it must be at all or at none")
    reached = scores >= level - ROUNDING
    if crossing == "first_crossing":
        reached = np.logical_and.accumulate(reached)
    return int(points[np.flatnonzero(reached)[-1]])


def required(
    removed: Sequence[int],
    relative_scores: Sequence[float | None],
    order: Sequence[Head],
    level: float,
    crossing: Crossing = "first_crossing",
) -> frozenset[Head] | None:
    """H of Eq. 5: the heads that are left where the relative score last reaches a level, in the sense of ``crossing``.

    Args:
        order: all heads, in the order in which they were removed.

    Returns:
        ``None`` if the relative scores are null; no heads at all where the level is held to the end of the curve.

    Raises:
        ValueError: as ``largest_removed``.
    """
    gone = largest_removed(removed, relative_scores, level, crossing)
    return None if gone is None else frozenset(order[gone:])


# --------------------------------------------------------------------------------------------------------------- chance


class Chance(NamedTuple):
    """What random heads recall: the mean, and the bounds of 95 % of the cases."""

    mean: float
    low: float
    high: float


@cache
def _shared_by_chance(heads: int, first: int, second: int) -> tuple[np.ndarray, np.ndarray]:
    """How many heads two sets can share, and how probable each number is if one set is random: hypergeometric."""
    from scipy.stats import hypergeom

    shared = np.arange(max(0, first + second - heads), min(first, second) + 1)
    return shared, hypergeom.pmf(shared, heads, second, first)


def chance_recall(heads: int, drawn: int, wanted: int) -> Chance | None:
    """The recall of ``wanted`` heads by ``drawn`` random ones of all ``heads``; ``None`` where nothing is wanted."""
    if not wanted:
        return None
    shared, probability = _shared_by_chance(heads, drawn, wanted)
    up_to = np.cumsum(probability)
    low, high = (int(shared[np.argmax(up_to >= quantile - ROUNDING)]) / wanted for quantile in BAND)
    return Chance(drawn / heads, low, high)


def chance_overlap(heads: int, first: int, second: int) -> float | None:
    """The expected overlap of two random sets: first · second / heads shared heads, over the smaller size."""
    return max(first, second) / heads if min(first, second) else None


def chance_jaccard(heads: int, first: int, second: int) -> float | None:
    """The expected Jaccard index of two random sets, exactly; ``None`` where both are empty."""
    if not first + second:
        return None
    shared, probability = _shared_by_chance(heads, first, second)
    return float(probability @ (shared / (first + second - shared)))


# ----------------------------------------------------------------------------------------------------------------- runs


@dataclass(frozen=True, eq=False)
class Run:
    """One model pruned on one task with one seed, under one norm.

    Args:
        curve: in ``headcount.curves.COLUMNS``, one row a point, ascending.
        order: all heads, in the order in which they were removed.
        importance: after the norm.
        collapsed: fine-tuning did not get above the majority class.

    Raises:
        ValueError: rows of several curves, or an order that is not one of the importance tensor's heads.
    """

    curve: pd.DataFrame
    order: Sequence[Head]
    importance: Float64[np.ndarray, "rows heads"]
    collapsed: bool = False

    def __post_init__(self) -> None:
        for column in ("study", "model", "task", "seed", "norm", "schedule"):
            if (found := self.curve[column].nunique()) != 1:
                raise ValueError(f"a run has one {column}, not {found}: {list(self.curve[column].unique())}")
        if sorted(self.order) != list(np.ndindex(self.importance.shape)):
            raise ValueError(f"{self}: the order must name each head of an importance tensor {self.importance.shape} once")

    @classmethod
    def of(
        cls, curve: pd.DataFrame, order: Sequence[Sequence[int]], importance: np.ndarray, metrics: pd.DataFrame | None = None
    ) -> Run:
        """A run from what lies on disk.

        Args:
            order: [row, head] pairs.
            importance: ``[rows, heads]`` after the norm.
            metrics: a row per fine-tuned model, with columns model, task, seed, collapsed; none for the pre-train task.

        Raises:
            ValueError: as the class; or the metrics have not one row of this run.
        """
        run = cls(curve, [(int(row), int(head)) for row, head in order], importance)
        if metrics is None:
            return run
        own = metrics[(metrics["model"] == run.model) & (metrics["task"] == run.task) & (metrics["seed"] == run.seed)]
        if len(own) != 1:
            raise ValueError(f"{run}: one row in the metrics is needed, {len(own)} found")
        return cls(curve, run.order, importance, bool(own["collapsed"].iloc[0]))

    def __str__(self) -> str:
        return f"{self.model}, {self.task}, seed {self.seed}, norm {self.norm}"

    @property
    def study(self) -> str:
        return str(self.curve["study"].iloc[0])

    @property
    def model(self) -> str:
        return str(self.curve["model"].iloc[0])

    @property
    def task(self) -> str:
        return str(self.curve["task"].iloc[0])

    @property
    def seed(self) -> int:
        return int(self.curve["seed"].iloc[0])

    @property
    def norm(self) -> str:
        return str(self.curve["norm"].iloc[0])

    @property
    def heads(self) -> int:
        """How many heads the unpruned model has."""
        return self.importance.size

    def required(self, level: float, crossing: Crossing) -> frozenset[Head] | None:
        """``required`` on this curve; ``None`` where the run collapsed."""
        if self.collapsed:
            return None
        return required(self.curve["removed"].tolist(), self.curve["relative_score"].tolist(), self.order, level, crossing)


def _refuse_mixtures(runs: Sequence[Run]) -> None:
    """Sets of heads of different models, or of orders made in different ways, must not be compared unseen."""
    for column in ("study", "model", "schedule"):
        if len(found := sorted({str(run.curve[column].iloc[0]) for run in runs})) > 1:
            raise ValueError(f"runs of one {column} are compared, not of {', '.join(found)}")
    if len(shapes := {run.importance.shape for run in runs}) > 1:
        raise ValueError(f"one model has one shape [rows, heads] of heads, not {sorted(shapes)}")
    keys = [str(run) for run in runs]
    if twice := {key for key in keys if keys.count(key) > 1}:
        raise ValueError(f"given twice: {min(twice)}")


# --------------------------------------------------------------------------------------------------------------- tables


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


def agreement_table(runs: Sequence[Run], level: float, crossing: Crossing = "first_crossing") -> pd.DataFrame:
    """How far any two runs of one model agree, under the same norm: on their required heads, and on the importance of all.

    Args:
        runs: of all tasks, the pre-train task among them; a pair stands in their order.
        level: at which the heads are required, the same for all tasks.
        crossing: which crossing of it.

    Returns:
        ``AGREEMENT_COLUMNS``, a row per unordered pair of runs. Overlap is null where a set is empty, the Jaccard index
        where both are, Spearman's correlation where the importances of a run are all equal.

    Raises:
        ValueError: as ``largest_removed``; runs that do not belong together.
    """
    _refuse_mixtures(runs)
    kept = [(run, run.required(level, crossing)) for run in runs]
    rows = [
        {
            "study": a.study,
            "model": a.model,
            "norm": a.norm,
            "task_a": a.task,
            "seed_a": a.seed,
            "task_b": b.task,
            "seed_b": b.seed,
            "heads": a.heads,
            **_overlaps(a.heads, kept_a, kept_b),
            "spearman": spearman(a.importance, b.importance),
        }
        for (a, kept_a), (b, kept_b) in combinations(kept, 2)
        if a.norm == b.norm
    ]
    return pd.DataFrame(rows, columns=list(AGREEMENT_COLUMNS)).astype(AGREEMENT_COLUMNS)


def _overlaps(heads: int, a: frozenset[Head] | None, b: frozenset[Head] | None) -> dict[str, float | None]:
    """The columns of the agreement table that speak of the two sets."""
    sizes: dict[str, float | None] = {"heads_a": _size(a), "heads_b": _size(b)}
    if a is None or b is None:
        return sizes
    return {
        **sizes,
        "shared": len(a & b),
        "overlap": len(a & b) / min(len(a), len(b)) if a and b else None,
        "overlap_chance": chance_overlap(heads, len(a), len(b)),
        "jaccard": len(a & b) / len(a | b) if a | b else None,
        "jaccard_chance": chance_jaccard(heads, len(a), len(b)),
    }


def _size(heads: frozenset[Head] | None) -> int | None:
    return None if heads is None else len(heads)


def spearman(a: Float64[np.ndarray, "rows heads"], b: Float64[np.ndarray, "rows heads"]) -> float | None:
    """Spearman's rank correlation of two importance tensors over all heads; ``None`` where one of them is constant."""
    from scipy.stats import spearmanr

    if not (np.ptp(a) and np.ptp(b)):
        return None
    return float(spearmanr(a.ravel(), b.ravel()).statistic)
