"""The tables that claims are judged by, and one number per seed from each of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

import numpy as np
import pandas as pd
from jaxtyping import Float32, Float64

from headcount.analysis.counted import LEFT_OUT, USED, collapsed_runs, fate, needs_no_head
from headcount.claims.bars import ERRORS_ABOVE_ZERO
from headcount.claims.keys import Answered, Removed, Trained, Trial
from headcount.claims.resampling import Resamples, losses, metric_of, scores
from headcount.claims.values import Value
from headcount.data.tasks import title
from headcount.order.curve import Place
from headcount.order.outcomes import point_name
from headcount.phrasing import number

Wanted = str | float | Collection[str] | Collection[int]
"""What a column must hold: a value, or one of several."""
TEST_SETS = "the languages' test sets"
"""What is resampled where every language is asked the same examples."""
RELATIVE = ("curves", "recall", "freezing", "before_after", "ablations")
"""The tables whose numbers are relative to the unpruned model's score."""
Resampled = Float64[np.ndarray, "resamples points"]


@dataclass(frozen=True)
class Runs:
    """One number per seed of a model on a task; the seeds left out, each with the reason; the files it all came from.

    Args:
        draws: the numbers again on resampled examples, per seed (``headcount.claims.statistics.Term``).
        error: a standard error of their mean besides.
        weak: seeds whose unpruned score is too near to zero for a relative one, with what is to be said of them.
    """

    model: str
    task: str
    by_seed: Mapping[int, float]
    left_out: Mapping[int, str]
    sources: frozenset[str]
    draws: Mapping[int, Float64[np.ndarray, " resamples"]] = field(default_factory=dict)
    error: float = 0.0
    weak: Mapping[int, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.model}, {title(self.task)}"


def weakness(score: float, error: float, what: str = "unpruned score") -> str:
    """What is to be said of a score that is less than five standard errors above zero; nothing of another."""
    if not error or score >= ERRORS_ABOVE_ZERO * error:
        return ""
    return f"{what} {number(score)}, {number(score / error, 1)} standard errors above 0"


@dataclass(frozen=True)
class Tables:
    """The tables of a study, any of which may be empty.

    A column ``source`` names the file that a row came from; without it, a claim names no sources.

    Args:
        outcomes: each example's outcome at the points of a curve, by the curve's source.
        orders: the units in the order in which they went, by the curve's source.
        answers: each example's outcome of a fine-tuned model, by model, task, seed and what was done to it before: nothing, the
            frozen part, or the number of heads that were removed.
        features: the statistics of each model's output LayerNorms, with the bounds that its outliers lie beyond beside.
        ablations: what models answer without some features, ``row`` being a trial's number in its file.
        ablation_outcomes: each example's outcome and loss in each trial, by the ablation's source.
        emergence: features at the snapshots of a pre-training.
        weights: what models answer that lost single weights and were trained.
        weight_outcomes: each example's outcome of such a model.
        movements: how far fine-tuning moved the weights of each matrix in the order of their magnitudes.
        languages: what a multilingual model answers in each language, whole and without some heads, with facts about each;
            ``source_language`` says which it was fine-tuned in.
        removals: what the multilingual model and the monolingual one answer to the tasks, whole and without some heads.
        language_outcomes: each example's outcome in each language, which all have the same examples in the same order.
        removal_outcomes: each example's outcome of the models in ``removals``.
    """

    curves: pd.DataFrame = field(default_factory=pd.DataFrame)
    metrics: pd.DataFrame = field(default_factory=pd.DataFrame)
    recall: pd.DataFrame = field(default_factory=pd.DataFrame)
    heads: pd.DataFrame = field(default_factory=pd.DataFrame)
    layers: pd.DataFrame = field(default_factory=pd.DataFrame)
    freezing: pd.DataFrame = field(default_factory=pd.DataFrame)
    before_after: pd.DataFrame = field(default_factory=pd.DataFrame)
    outcomes: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    orders: Mapping[str, Sequence[Place]] = field(default_factory=dict)
    answers: Mapping[Answered, pd.DataFrame] = field(default_factory=dict)
    features: pd.DataFrame = field(default_factory=pd.DataFrame)
    ablations: pd.DataFrame = field(default_factory=pd.DataFrame)
    emergence: pd.DataFrame = field(default_factory=pd.DataFrame)
    ablation_outcomes: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    weights: pd.DataFrame = field(default_factory=pd.DataFrame)
    movements: pd.DataFrame = field(default_factory=pd.DataFrame)
    weight_outcomes: Mapping[Trained, pd.DataFrame] = field(default_factory=dict)
    languages: pd.DataFrame = field(default_factory=pd.DataFrame)
    removals: pd.DataFrame = field(default_factory=pd.DataFrame)
    language_outcomes: Mapping[Trial, pd.DataFrame] = field(default_factory=dict)
    removal_outcomes: Mapping[Removed, pd.DataFrame] = field(default_factory=dict)

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """The tables by name, without what lies beside the curves."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: table for name, table in found.items() if isinstance(table, pd.DataFrame)}

    def refuse_others(self, study: str) -> None:
        """Raise a ``ValueError`` if there are rows of another study."""
        for name, table in self.frames.items():
            if len(table) and (others := set(table["study"]) - {study}):
                raise ValueError(f"{name}: rows of study {min(others)!r} among those of {study!r}")

    def rows(self, table: str, **wanted: Wanted) -> pd.DataFrame:
        """The rows of a table whose columns have these values; numbers with a point up to rounding."""
        found: pd.DataFrame = getattr(self, table)
        if found.empty:
            return found
        wholly = np.ones(len(found), bool)
        for column, value in wanted.items():
            has = found[column]
            if isinstance(value, float):
                wholly &= np.isclose(has.astype(float), value)
            else:
                wholly &= has.isin([value] if isinstance(value, (str, int)) else value).to_numpy(bool)
        return found[wholly]

    def norm_of(self, table: str, model: str, norm: str, **wanted: str) -> str:
        """The norm that a model is read in: ``norm``, or the only one that its rows with these values have."""
        rows = self.rows(table, model=model, **wanted)
        norms = set() if rows.empty else set(rows["norm"])
        return min(norms) if len(norms) == 1 else norm

    @property
    def followed(self) -> list[str]:
        """The models that were looked at along their pre-training."""
        return [] if self.emergence.empty else list(dict.fromkeys(self.emergence["model"]))

    def per_seed(self, table: str, model: str, task: str, value: Value, **wanted: Wanted) -> Runs:
        """A number per seed, from a model's rows on a task.

        Which runs count, ``headcount.analysis.counted`` decides; that a run collapsed, the table itself or the metrics say.
        """
        rows, metrics = self.rows(table, model=model, task=task, **wanted), self.rows("metrics", model=model, task=task)
        collapsed = {seed for one in (rows, metrics) if "collapsed" in one for _, _, seed in collapsed_runs(one)}
        by_seed: dict[int, float] = {}
        left_out: dict[int, str] = {}
        for seed in sorted({int(seed) for seed in rows["seed"]}) if len(rows) else ():
            run = rows[rows["seed"] == seed]
            number = None if seed in collapsed else value(run)
            found = fate([number], collapsed=seed in collapsed, empty=needs_no_head(run))
            if found == USED and number is not None:
                by_seed[seed] = number
            else:
                left_out[seed] = LEFT_OUT[found]
        sources = sources_of(rows) | sources_of(metrics) if len(rows) else frozenset()
        weak = _weak(metrics) if table in RELATIVE else {}
        return Runs(model, task, by_seed, left_out, sources, weak={seed: weak[seed] for seed in by_seed if seed in weak})

    # ------------------------------------------------------------------------------------------------ resampled examples

    def order(self, curve: pd.DataFrame) -> Sequence[Place] | None:
        """The units of a curve in the order in which they went, where it is known."""
        return self.orders.get(str(curve["source"].iloc[0])) if "source" in curve else None

    @cached_property
    def _resamples(self) -> dict[str, Resamples]:
        return {}

    def resampled(self, curve: pd.DataFrame) -> Resampled | None:
        """The scores at a curve's points on each resample of its task's examples; none where its outcomes are not known."""
        source, task = (str(curve[name].iloc[0]) if name in curve else "" for name in ("source", "task"))
        return self._scores(task, self.outcomes.get(source), curve["removed"].tolist())

    def resampled_ratio(self, model: str, task: str, seed: int, before: str | int) -> Float64[np.ndarray, " resamples"] | None:
        """A run's score over the ordinary run's on each resample, the same examples for both; none where they are not known."""
        own, others = (self._scores(task, self.answers.get((model, task, seed, done)), [0]) for done in (before, None))
        if own is None or others is None:
            return None
        ratio: Float64[np.ndarray, " resamples"] = np.divide(own, others, out=np.full_like(own, np.nan), where=others > 0)[:, 0]
        return ratio

    def with_ratios(self, runs: Runs, before: Mapping[int, str | int]) -> Runs:
        """Runs whose numbers are ratios to the ordinary run's score, with draws; ``before`` by seed, as in ``answers``."""
        found = {seed: self.resampled_ratio(runs.model, runs.task, seed, done) for seed, done in before.items()}
        return replace(runs, draws={seed: draws for seed, draws in found.items() if draws is not None})

    def resampled_ablation(self, run: pd.DataFrame) -> tuple[Resampled, Resampled] | None:
        """Scores and losses of a run's trials on each resample of its task's examples; none where they are not known."""
        source, task = (str(run[name].iloc[0]) if name in run else "" for name in ("source", "task"))
        outcomes, trials = self.ablation_outcomes.get(source), run["row"].tolist()
        if outcomes is None:
            return None
        times = self.times(task, outcomes)
        return scores(metric_of(task, self.frames.values()), outcomes, trials, times), losses(task, outcomes, trials, times)

    def resampled_accuracy(self, trained: Trained) -> Float64[np.ndarray, " resamples"] | None:
        """A pruned model's accuracy on each resample of its task's examples; none where its outcomes are not known."""
        return self._accuracy(trained[1], self.weight_outcomes.get(trained))

    def resampled_removal(self, removed: Removed, accuracy: bool = True) -> Float64[np.ndarray, " resamples"] | None:
        """A model's accuracy, or its task's metric, on each resample; none where its outcomes are not known."""
        task, outcomes = removed[1], self.removal_outcomes.get(removed)
        if accuracy:
            return self._accuracy(task, outcomes)
        return None if (found := self._scores(task, outcomes, [0])) is None else found[:, 0]

    def _accuracy(self, task: str, outcomes: pd.DataFrame | None) -> Float64[np.ndarray, " resamples"] | None:
        if outcomes is None:
            return None
        times = self.times(task, outcomes)
        right = (outcomes["label"] == outcomes[point_name(0)]).to_numpy(np.float32)
        shares: Float64[np.ndarray, " resamples"] = (times @ right).astype(np.float64) / times.sum(axis=1)
        return shares

    def _scores(self, task: str, outcomes: pd.DataFrame | None, removed: Sequence[int]) -> Resampled | None:
        if outcomes is None:
            return None
        return scores(metric_of(task, self.frames.values()), outcomes, removed, self.times(task, outcomes))

    def times(self, task: str, outcomes: pd.DataFrame) -> Float32[np.ndarray, "resamples examples"]:
        """How often each example of a table is drawn in each resample of its task's examples."""
        if task not in self._resamples:
            beside_tasks = (self.answers, self.weight_outcomes, self.removal_outcomes)
            tables = [table for each in beside_tasks for (_, of, *_), table in each.items() if of == task]
            tables += self.language_outcomes.values() if task == TEST_SETS else ()
            for name, beside in (("curves", self.outcomes), ("ablations", self.ablation_outcomes)):
                rows = self.rows(name, task=task)
                tables += [beside[one] for one in sources_of(rows) if one in beside] if len(rows) else []
            self._resamples[task] = Resamples(task, [name for table in tables for name in table["example"].unique()])
        return self._resamples[task].times(outcomes["example"].tolist())


def _weak(metrics: pd.DataFrame) -> dict[int, str]:
    if metrics.empty or "standard_error" not in metrics:
        return {}
    rows = metrics[["seed", "score", "standard_error"]].itertuples(index=False)
    return {int(seed): said for seed, score, error in rows if (said := weakness(score, error))}


def sources_of(rows: pd.DataFrame) -> frozenset[str]:
    return frozenset(rows["source"]) if "source" in rows else frozenset()
