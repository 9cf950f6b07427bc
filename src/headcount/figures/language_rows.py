"""What figures of several languages are drawn from: drops, why one is null, and means over seeds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from headcount.analysis.counted import USED
from headcount.analysis.crosslingual import WHOLE as WHOLE
from headcount.figures.rows import floats, refuse_mixtures
from headcount.phrasing import counted

FACTS = ["source", "family", "order", "morphology", "articles"]
"""Of a language."""
SCHEDULES = {
    "before": "removed before\nfine-tuning",
    "one_shot": "removed after it,\nnot trained on",
}
"""In the order of the panels, with their titles."""
REMOVAL = ["model", "task", "seed", "language", "schedule", "unit", "criterion", "point"]
COLLAPSED, UNTRANSFERRED = "collapsed", "untransferred"


def language_rows(languages: pd.DataFrame, model: str) -> pd.DataFrame:
    """A model's rows, checked: with ``value``, the drop above chance, and why it is null: ``fate``.

    Args:
        languages: study, model, task, seed, schedule, unit, criterion, point, fraction, layers, collapsed (the whole run's),
            language, score, constant_score, standard_error, transferred, drop, drop_above_chance and ``FACTS``.

    Raises:
        ValueError: two studies, or tasks that the model was fine-tuned on; a row that stands twice; a language of two kinds;
            seeds that lost different things.
    """
    rows = languages[languages["model"] == model].reset_index(drop=True)
    refuse_mixtures(rows, REMOVAL, "task")
    kinds = rows[["language", *FACTS]].drop_duplicates()
    if kinds["language"].duplicated().any():
        raise ValueError(f"{kinds.loc[kinds['language'].duplicated(), 'language'].iloc[0]}: one language, two kinds of it")
    for (language, schedule), own in rows.groupby(["language", "schedule"]):
        if own.groupby(["unit", "criterion", "point"])["seed"].count().nunique() > 1:
            raise ValueError(f"{language}, {schedule}: not every seed lost the same")
    fate = np.select([rows["collapsed"].astype(bool), ~rows["transferred"].astype(bool)], [COLLAPSED, UNTRANSFERRED], USED)
    drops = {name: floats(rows[column]) for name, column in {"value": "drop_above_chance", "raw": "drop"}.items()}
    return rows.assign(fate=fate, **drops).assign(fraction=floats(rows["fraction"]))


def seed_means(rows: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """A row a removal (``keys``), language and seed: means over what was removed otherwise, as other draws."""
    groups = rows.groupby([*keys, "language", "seed"], dropna=False, sort=False)
    names = ["value", "raw", "score", "constant_score", "standard_error"]
    return groups[names].mean().join(groups["fate"].first()).reset_index()


def language_means(seeds: pd.DataFrame, rows: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """A row a removal (``keys``) and language: means over the seeds' own, of drops over those to which there was transfer.

    Returns:
        The keys, language, ``FACTS``, mean and sd (sample, n - 1; null for one seed) of the drop above chance, least and most
        (of a seed), drop (mean, the raw one), seeds (in these), untransferred and collapsed (seeds left out); and over all
        seeds that did not collapse: score, constant_score (of the best constant answer), standard_error (the mean of the
        single seeds': they answer the same examples).
    """
    learnt = (seeds["fate"] != COLLAPSED).to_numpy()
    asked = {name: seeds[name].where(learnt) for name in ("score", "constant_score", "standard_error")}
    lost = {fate: seeds["fate"] == fate for fate in (UNTRANSFERRED, COLLAPSED)}
    groups = seeds.assign(**asked, **lost).groupby([*keys, "language"], dropna=False, sort=False)
    drops = groups["value"].agg(mean="mean", sd="std", least="min", most="max", seeds="count")
    table = pd.concat([drops, groups["raw"].mean().rename("drop"), groups[[*lost]].sum(), groups[[*asked]].mean()], axis=1)
    facts = rows[["language", *FACTS]].drop_duplicates()
    found = table.reset_index().merge(facts, on="language", how="left")
    return found[[*keys, "language", *FACTS, *table.columns]]


def by_family(table: pd.DataFrame) -> list[str]:
    """The languages, those of a family together, and within it the one with most articles first.

    Where each is a family of its own, by articles alone.
    """
    once = table.drop_duplicates("language")
    by = {"family": True} if once["family"].duplicated().any() else {}
    by |= {"articles": False, "language": True}
    return [*once.sort_values([*by], ascending=[*by.values()])["language"]]


def seeds_note(rows: pd.DataFrame) -> list[str]:
    """A line that says how many seeds collapsed, if any did."""
    seeds, lost = rows["seed"].nunique(), rows.loc[rows["fate"] == COLLAPSED, "seed"].nunique()
    return [f"{lost} of {counted(seeds, 'seed')} collapsed in fine-tuning"] if lost else []
