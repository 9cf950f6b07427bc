"""How the claims read what each language loses: a number per seed from a multilingual model's drops, and on resamples.

The drop of a language is 1 - (score - m) / (whole score - m), m being the best constant answer's score; the raw drop has no m.
A language to which nothing was transferred with a seed has none. All languages have the same examples, so that a resample of
them is one for all languages and for all that was removed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float64

from headcount.analysis.counted import LEFT_OUT
from headcount.claims.evidence import Quantity
from headcount.claims.keys import WHOLE
from headcount.claims.points import by_seed
from headcount.claims.tables import TEST_SETS, Runs, Tables, sources_of
from headcount.order.outcomes import point_name
from headcount.phrasing import counted, listed

BEFORE, ONE_SHOT = "before", "one_shot"
SOURCE = "source_language"
RANDOM, SET = "random", "set"
FACTS = [SOURCE, "family", "order", "morphology", "articles"]
Kind = Literal["drop_above_chance", "drop"]
Numbers = Float64[np.ndarray, "*resamples"]
Drops = Float64[np.ndarray, "*resamples points languages"]
OfDrops = Callable[[Drops], Numbers]
Statistic = Callable[[pd.DataFrame], OfDrops | str]
"""From the facts about the languages that have a drop, a row each, to the statistic of their drops; or why it has none."""

NOTHING_RUN = "none of its heads were removed before it was fine-tuned, and what is removed at one shot cannot tell"
LACKS = "lacks some of the removals"


class Read(NamedTuple):
    """Which drops are read: heads that go before the fine-tuning, above chance, unless something else is said."""

    criterion: str
    points: Sequence[str]
    schedule: str = BEFORE
    kind: Kind = "drop_above_chance"


def random_masks(tables: Tables, model: str, schedule: str = BEFORE) -> list[str]:
    """The points at which heads were drawn at random, of all seeds."""
    rows = tables.rows("languages", model=model, schedule=schedule, criterion=RANDOM)
    return sorted(set(rows["point"])) if len(rows) else []


def transferred(run: pd.DataFrame) -> pd.DataFrame:
    """The facts about the languages to which something was transferred with a seed, by language."""
    rows = run[run["transferred"].astype(bool)].drop_duplicates("language")
    return rows.set_index("language")[FACTS]


def languages_of(tables: Tables, model: str, seeds: Collection[int] | None = None) -> list[str]:
    """The languages, other than that of the fine-tuning, that have a drop with one of these seeds, or of all."""
    rows = tables.rows("languages", model=model, **({} if seeds is None else {"seed": [*seeds]}))
    if rows.empty:
        return []
    facts = transferred(rows[~rows["collapsed"].astype(bool)])
    return [*facts.index[~facts[SOURCE].astype(bool)]]


def untransferred(tables: Tables, model: str) -> str:
    """To which languages nothing was transferred, with how many of the seeds that have learnt; nothing if there are none."""
    rows = tables.rows("languages", model=model)
    if rows.empty:
        return ""
    learnt = rows[~rows["collapsed"].astype(bool)].drop_duplicates(["seed", "language"])
    lost, seeds = learnt[~learnt["transferred"].astype(bool)], learnt["seed"].nunique()
    told = [f"{language} ({len(each)} of {counted(seeds, 'seed')})" for language, each in lost.groupby("language", sort=False)]
    return f"nothing was transferred to {listed(told)}" if told else ""


def values_of_drops(tables: Tables, model: str, read: Read, statistic: Statistic) -> Runs:
    """A number per seed from what the languages lose, and again on resampled examples where outcomes are known.

    A seed is left out where its whole run collapsed, where it lacks one of the points, and where the statistic says why.
    """
    rows = tables.rows("languages", model=model)
    task = str(rows["task"].iloc[0]) if len(rows) else ""
    runs = Runs(model, task, {}, {}, sources_of(rows) if len(rows) else frozenset())
    values, left_out, draws = {}, {}, {}
    for seed, run in by_seed(rows) if read.points else ():
        here = run[(run["schedule"] == read.schedule) & (run["criterion"] == read.criterion) & run["point"].isin(read.points)]
        if here.empty:
            continue
        facts = transferred(run)
        of = LEFT_OUT["collapsed"] if run["collapsed"].any() else statistic(facts)
        wide = here.pivot(index="point", columns="language", values=read.kind)
        wide = wide.reindex(index=[*read.points], columns=facts.index)
        if isinstance(of, str) or wide.isna().any(axis=None):
            left_out[seed] = of if isinstance(of, str) else LACKS
            continue
        value = float(of(wide.to_numpy(float)))
        if np.isnan(value):
            left_out[seed] = LEFT_OUT["undefined"]
            continue
        values[seed] = value
        again = _resampled(tables, model, seed, read, [*facts.index])
        if again is not None:
            draws[seed] = of(again)
    return replace(runs, by_seed=values, left_out=left_out, draws=draws)


def why_unread(tables: Tables, model: str, quantities: Sequence[Quantity], points: Sequence[str] = ()) -> str:
    """Why none of the quantities was measured, if none was.

    Args:
        points: the sets of layers that they are about; without any, they are about heads removed at random.
    """
    if any(one.found for one in quantities):
        return ""
    rows = tables.rows("languages", model=model, schedule=BEFORE)
    if rows.empty:
        return NOTHING_RUN
    absent = [point for point in points if not ((rows["criterion"] == SET) & (rows["point"] == point)).any()]
    if absent:
        return f"no set of layers called {listed(absent)} was removed before it was fine-tuned"
    if not points and not (rows["criterion"] == RANDOM).any():
        return "no heads were removed at random before it was fine-tuned"
    reasons = dict.fromkeys(why for one in quantities for _, runs in one.terms for why in runs.left_out.values())
    return f"every run there is was left out ({'; '.join(reasons)})"


# ------------------------------------------------------------------------------------------------------------- resamples


def drops(
    scores: Float64[np.ndarray, "*resamples points languages"],
    whole: Float64[np.ndarray, "*resamples languages"],
    constant: Float64[np.ndarray, "*resamples languages"],
) -> Drops:
    """The drops at each point above a constant answer's score; NaN where the whole model is not above that."""
    gap = (whole - constant)[..., None, :]
    left = np.divide(scores - constant[..., None, :], gap, out=np.full_like(scores, np.nan), where=gap > 0)
    found: Drops = 1 - left
    return found


def _resampled(tables: Tables, model: str, seed: int, read: Read, languages: Sequence[str]) -> Drops | None:
    """A seed's drops on each resample of the examples; none where an outcome is not known."""
    keys = [WHOLE, *((read.schedule, read.criterion, point) for point in read.points)]
    outcomes = [tables.language_outcomes.get((model, seed, *key)) for key in keys]
    known = [_by_language(one, languages) for one in outcomes if one is not None]
    if len(known) < len(keys):
        return None
    whole, *points = known
    times = tables.times(TEST_SETS, whole.examples)
    asked = times.sum(axis=1, dtype=np.float64)[:, None]

    def shares(right: np.ndarray) -> Numbers:
        found: Numbers = (times @ right.astype(np.float32)).astype(np.float64) / asked
        return found

    scores = np.stack([shares(one.answers == one.labels) for one in points], axis=1)
    constant = shares(whole.labels == _most_frequent(whole.labels)) if read.kind == "drop_above_chance" else np.zeros((1, 1))
    return drops(scores, shares(whole.answers == whole.labels), np.broadcast_to(constant, (len(times), len(languages))))


class _Answers(NamedTuple):
    """What a model answers, an example a row and a language a column."""

    examples: pd.DataFrame
    labels: np.ndarray
    answers: np.ndarray


def _by_language(outcomes: pd.DataFrame, languages: Sequence[str]) -> _Answers:
    """Outcomes with the languages beside each other.

    Raises:
        ValueError: languages that do not have the same examples in the same order.
    """
    parts = [outcomes[(outcomes["language"] == language).to_numpy()] for language in languages]
    names = [part["example"].to_numpy() for part in parts]
    if differ := [one for one, own in zip(languages, names, strict=True) if not np.array_equal(own, names[0])]:
        raise ValueError(f"the examples of {listed(differ)} are not those of {languages[0]}, in its order")
    labels, answers = (np.stack([part[name].to_numpy() for part in parts], axis=1) for name in ("label", point_name(0)))
    return _Answers(parts[0], labels, answers)


def _most_frequent(labels: np.ndarray) -> np.ndarray:
    """The best constant answer to each language's examples ``[examples, languages]``."""
    return np.array([np.bincount(column).argmax() for column in labels.T])
