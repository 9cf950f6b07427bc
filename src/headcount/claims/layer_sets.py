"""Which layers carry what matters to which languages: the top ones (L3) and the bottom ones (L4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from headcount.analysis.language_factors import AGGLUTINATIVE, ARTICLES, SVO, articles_of, contrast_weights, design
from headcount.claims.by_language import NO_OTHER, PAIRED, Asked, measured, other_readings, others_in
from headcount.claims.drops import OfDrops, Statistic, why_unread
from headcount.claims.evidence import Evidence, said
from headcount.claims.languages import CITED
from headcount.claims.settings import Settings
from headcount.claims.tables import Tables
from headcount.phrasing import difference, listed

FACTORS = (
    "Least squares over the languages other than that of the fine-tuning, with SVO, agglutinative and log10 of the articles in"
    " the model at once (of least norm where they go together), fitted for each seed. The languages are taken as they are: the"
    " verdict is on these, not on languages at large."
)
BOTTOM, TOP = "bottom", "top"
EACH_FACTOR = {SVO: "word order", AGGLUTINATIVE: "morphology", ARTICLES: "corpus size"}
"""As prose says them."""


def contrast(wanted: Mapping[str, float], across: Sequence[float]) -> Statistic:
    """A contrast of the coefficients of a regression over the other languages.

    Args:
        wanted: the weights of the coefficients, by factor.
        across: those of the points: what is regressed is the sum of a language's drops with these.
    """

    def statistic(facts: pd.DataFrame) -> OfDrops | str:
        others = others_in(facts)
        if not others.any():
            return NO_OTHER
        found = contrast_weights(design(facts[others]), wanted)
        if found is None:
            names, factors = (listed([*facts.index[others]]), listed([EACH_FACTOR[one] for one in wanted]))
            return f"{names} cannot tell apart what is due to {factors}"
        weights = np.zeros(len(facts))
        weights[others] = found
        return lambda drops: np.einsum("...pl,p,l->...", drops, np.asarray(across, float), weights)

    return statistic


def low_minus_high(facts: pd.DataFrame) -> OfDrops | str:
    """The mean drop of the other languages with less text than their median minus that of the rest, no factor accounted for."""
    others, articles = others_in(facts), articles_of(facts)
    low = others & (articles < np.median(articles[others])) if others.any() else others
    if not low.any():
        return "no language has less text than another"
    high = others & ~low
    weights = low / low.sum() - high / high.sum()
    return lambda drops: drops.mean(axis=-2) @ weights


TOP_FOR_SVO = Asked(
    "L3",
    "",
    "drop without the top layers' heads minus without the bottom layers', SVO minus agglutinative, corpus size in the model",
    contrast({SVO: 1.0, AGGLUTINATIVE: -1.0}, (-1.0, 1.0)),
    (BOTTOM, TOP),
)
BOTTOM_FOR_AGGLUTINATIVE = Asked(
    "L4",
    "agglutinative",
    "drop without the bottom layers' heads, agglutinative minus SVO, corpus size in the model",
    contrast({AGGLUTINATIVE: 1.0, SVO: -1.0}, (1.0,)),
    (BOTTOM,),
    "agglutinative minus SVO",
)
BOTTOM_FOR_LOW = Asked(
    "L4 size",
    "low-resource",
    "drop without the bottom layers' heads, more of it for ten times fewer articles, word order and morphology in the model",
    contrast({ARTICLES: -1.0}, (1.0,)),
    (BOTTOM,),
    "for ten times fewer articles",
)
LOW_MINUS_HIGH = Asked(
    "L4 size",
    "low minus high",
    "drop without the bottom layers' heads, languages below the median of articles minus the others, no other factor in it",
    low_minus_high,
    (BOTTOM,),
)


def top_layers_for_svo(tables: Tables, settings: Settings, model: str) -> Evidence:
    """L3: how much more SVO languages lose with the top layers, against the bottom ones, than agglutinative languages do."""
    found = measured(tables, model, TOP_FOR_SVO)
    statement = (
        f"Without the heads of its top layers, compared with those of its bottom layers, {model}'s drop above chance in SVO"
        f" languages exceeds that in agglutinative ones by: {found.said(difference)}; {CITED}: above 0."
    )
    why = why_unread(tables, model, [found], TOP_FOR_SVO.points)
    return Evidence(
        [found], statement, f"{PAIRED} {FACTORS}", controls=other_readings(tables, model, TOP_FOR_SVO), why_none=why
    )


def bottom_layers_for_others(tables: Tables, settings: Settings, model: str) -> Evidence:
    """L4: how much more agglutinative languages, and those with less text, lose with the bottom layers."""
    both = (BOTTOM_FOR_AGGLUTINATIVE, BOTTOM_FOR_LOW)
    found = [measured(tables, model, asked) for asked in both]
    controls = [one for asked in both for one in other_readings(tables, model, asked)]
    controls.append(measured(tables, model, LOW_MINUS_HIGH))
    statement = (
        f"Without the heads of its bottom layers {model}'s drop above chance is larger by: {said(found, difference)};"
        f" {CITED}: above 0."
    )
    why = why_unread(tables, model, found, (BOTTOM,))
    return Evidence(found, statement, f"{PAIRED} {FACTORS}", controls=controls, why_none=why)
