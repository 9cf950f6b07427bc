"""What pruning costs in the languages that a model was not fine-tuned in (L2), and how that goes with their text (L6)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from headcount.analysis.language_factors import articles_of, rank_correlation
from headcount.claims.by_language import NO_OTHER, PAIRED, Asked, measured, other_readings, others_in
from headcount.claims.drops import OfDrops, languages_of, why_unread
from headcount.claims.evidence import Evidence, Quantity, Scale
from headcount.claims.languages import CITED, PUBLISHED
from headcount.claims.settings import Settings
from headcount.claims.tables import Tables
from headcount.phrasing import difference

NO_SOURCE = "the language that it was fine-tuned in has no drop"
LEAST_LANGUAGES = 3
"""A rank correlation is read over no fewer."""
TOO_FEW = f"fewer than {LEAST_LANGUAGES} languages have a drop"
WITHIN_ONE = Scale(float, lambda r: float(np.clip(r, -1.0, 1.0)))
"""Of a rank correlation: its interval is symmetric, and ends at 1."""

# ------------------------------------------------------------------------------------------------------------------- L2


def behind_source(facts: pd.DataFrame, language: str | None = None) -> OfDrops | str:
    """The drops of the other languages, or of one, minus that of the source at the same mask: means over all of them."""
    others = others_in(facts)
    if others.all():
        return NO_SOURCE
    chosen = others if language is None else facts.index == language
    if not chosen.any():
        return NO_OTHER if language is None else f"nothing was transferred to {language}"
    weights = chosen / chosen.sum() - ~others
    return lambda drops: drops.mean(axis=-2) @ weights


def transfer_suffers_more(tables: Tables, settings: Settings, model: str) -> Evidence:
    """L2: how much more the other languages lose than that of the fine-tuning at the same masks; each of them beside it."""
    what = "drop in the other languages minus that in the language of the fine-tuning, mean over languages, fractions and draws"
    asked = Asked("L2", "", what, behind_source)
    found = measured(tables, model, asked)
    one = "drop minus that in the language of the fine-tuning, mean over fractions and draws"
    controls = other_readings(tables, model, asked)
    for language in languages_of(tables, model):
        own = Asked("L2", language, one, partial(behind_source, language=language))
        controls.append(replace(measured(tables, model, own), remark="", published=""))
    statement = (
        f"With heads removed at random {model}'s drop above chance in other languages exceeds that in the language that it was"
        f" fine-tuned in by: {found.said(difference)}; {CITED}: {PUBLISHED['L2']}."
    )
    return Evidence([found], statement, PAIRED, controls=controls, why_none=why_unread(tables, model, [found]))


# ------------------------------------------------------------------------------------------------------------------- L6


def with_text(facts: pd.DataFrame, source: bool = False) -> OfDrops | str:
    """Spearman's correlation of articles and mean drop over the other languages, or with the source among them."""
    chosen = others_in(facts) | source
    if chosen.sum() < LEAST_LANGUAGES:
        return TOO_FEW
    articles = articles_of(facts[chosen])
    return lambda drops: rank_correlation(drops[..., chosen].mean(axis=-2), articles)


CORPUS_SIZE = Asked(
    "L6",
    "",
    "Spearman's correlation over the languages of log10 of the articles and the drop, mean over fractions and draws",
    with_text,
    scale=WITHIN_ONE,
)
WITH_SOURCE = CORPUS_SIZE._replace(
    what=f"{CORPUS_SIZE.what}, that of the fine-tuning among them", statistic=partial(with_text, source=True)
)


def _of_so_many(tables: Tables, model: str, quantity: Quantity, source: bool = False) -> Quantity:
    """With the error that a correlation has for being over so many languages, as a rank correlation has by chance."""
    terms = []
    for weight, runs in quantity.terms:
        sizes = [len(languages_of(tables, model, [seed])) + source for seed in runs.by_seed]
        terms.append((weight, replace(runs, error=1 / np.sqrt(min(sizes) - 1) if sizes else 0.0)))
    return replace(quantity, terms=terms)


def corpus_size_matters(tables: Tables, settings: Settings, model: str) -> Evidence:
    """L6: how the drop goes with the amount of text in pre-training; beside it with the language of the fine-tuning."""
    found, *controls = (
        _of_so_many(tables, model, one)
        for one in (measured(tables, model, CORPUS_SIZE), *other_readings(tables, model, CORPUS_SIZE))
    )
    source = _of_so_many(tables, model, measured(tables, model, WITH_SOURCE), source=True)
    statement = (
        f"Over the languages the articles in {model}'s pre-training corpus and its drop above chance correlate (Spearman's r):"
        f" {found.said(difference)}; {CITED}: layers' importance depends on corpus size."
    )
    note = (
        f"{PAIRED} Besides seeds and examples the interval holds that there are so many languages, by the variance that a rank"
        " correlation has by chance, 1 / (languages - 1): no direction can be said over four of them."
    )
    return Evidence(
        [found],
        statement,
        note,
        controls=[replace(source, published=""), *controls],
        blurred_by="languages",
        why_none=why_unread(tables, model, [found]),
    )
