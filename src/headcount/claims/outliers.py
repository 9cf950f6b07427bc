"""Outlier features: that there are some (N1), at the same place in all layers (N2), from early on (N6), in every model (N7)."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import numpy as np
import pandas as pd

from headcount.analysis.coincidence import SHUFFLES, shared_by_chance
from headcount.analysis.features import Bounds, outliers_of
from headcount.claims.disabling import loss_without
from headcount.claims.evidence import Evidence, Quantity, said
from headcount.claims.exact import Exact
from headcount.claims.features import BARS, CITED, PUBLISHED
from headcount.claims.settings import Settings
from headcount.claims.statistics import TAIL
from headcount.claims.tables import Tables, sources_of
from headcount.phrasing import counted, listed, number, percent, points

NONE_AT_ALL = "no feature is an outlier in any layer"
NONE_AT_END = "no feature is an outlier at the last snapshot of its pre-training"
ONE_NORM = "its layers share one LayerNorm, so that the same place through the layers is undefined"


def bounds_of(rows: pd.DataFrame) -> Bounds:
    """What counts as an outlier of the model that these rows are of."""
    first = rows.iloc[0]
    return Bounds(float(first["sigma"]), float(first["share"]), bool(first["joint"]))


def _definition(bounds: Bounds) -> str:
    which = "scale and bias both lie" if bounds.joint else "scale or bias lies"
    return (
        f"An outlier is a feature whose {which} more than {bounds.sigma:g} standard deviations from their layer's mean, in more"
        f" than {percent(bounds.share, 0)} of the layers."
    )


# ------------------------------------------------------------------------------------------------------------------- N1


def _counts(tables: Tables, model: str, joint: bool | None = None, label: str = "") -> list[Exact]:
    """How many outliers a model has, and which share of its features that is; under the other reading of ``joint`` too."""
    rows = tables.rows("features", model=model)
    number_of, share, remark, what = None, None, "", "number of outliers"
    if len(rows):
        bounds = bounds_of(rows)
        found = outliers_of(rows, bounds if joint is None else replace(bounds, joint=joint))
        number_of, share = float(len(found)), len(found) / rows["feature"].nunique()
        remark = f"{'feature' if len(found) == 1 else 'features'} {listed([str(one) for one in found])}" if found else ""
    if joint is not None:
        what += ", scale and bias both far out" if joint else ", scale or bias far out"
    files = sources_of(rows)
    return [
        Exact("", label, what, BARS["N1"], remark=remark, published=PUBLISHED["N1"], number=number_of, files=files),
        Exact("", label, f"{what} / features", BARS["N1 share"], published=PUBLISHED["N1 share"], number=share, files=files),
    ]


def few_outliers(tables: Tables, settings: Settings, model: str) -> Evidence:
    """N1: how many features are outliers, and that they are few; beside it the other reading, and the other encoders."""
    found, rows = _counts(tables, model, label=model), tables.rows("features", model=model)
    controls = [one for other in settings.encoders[1:] for one in _counts(tables, other, label=other)]
    statement, note = "", ""
    if len(rows):
        bounds, features, few = bounds_of(rows), rows["feature"].nunique(), BARS["N1 share"].value
        outlying = outliers_of(rows, bounds)
        controls = [*_counts(tables, model, not bounds.joint, model)[:1], *controls]
        which = f" ({listed([str(one) for one in outlying])})" if outlying else ""
        statement = (
            f"Of {model}'s {features} features {len(outlying)}{which} are outliers, {percent(len(outlying) / features)};"
            f" {CITED}: 2 of 768 in BERT-base and in RoBERTa-base."
        )
        note = (
            f"{_definition(bounds)} The verdict rests on that count in this one pre-trained model, not on a sample."
            f" Fewer than {percent(few, 0)} of {features} features are at most {ceil(few * features) - 1}."
        )
    return Evidence(found, statement, note, controls=controls)


# ------------------------------------------------------------------------------------------------------------------- N2


def _same_place(tables: Tables, model: str) -> Exact:
    """The share of the layers in which the most widespread outlier is one, less what independent layers would give.

    The outlier in most layers counts, whether or not it is in so many that it is one of the model. Where there is nothing to
    measure, the remark says why.
    """
    rows = tables.rows("features", model=model)
    what = "share of the layers in which the most widespread outlier is one, minus what independent layers would give"
    found = Exact("", model, what, BARS["N2"], number=None, files=sources_of(rows))
    if rows.empty:
        return found
    sizes = rows.groupby("layer")["outlier"].sum().astype(int).tolist()
    widespread = outliers_of(rows, replace(bounds_of(rows), share=0.0))
    if len(sizes) == 1:
        return replace(found, remark=ONE_NORM)
    if not widespread:
        return replace(found, remark=NONE_AT_ALL)
    here = int(rows.loc[rows["feature"] == widespread[0], "outlier"].sum())
    chance = shared_by_chance(sizes, rows["feature"].nunique())
    more, less = ((1 + int(as_much.sum())) / (1 + SHUFFLES) for as_much in (chance >= here, chance <= here))
    as_much, share = f"as much or more in {percent(more, 2)} of the shuffles", float(chance.mean()) / len(sizes)
    return replace(
        found,
        name=f"feature {widespread[0]}, in {here} of {len(sizes)} layers:",
        number=here / len(sizes) - share,
        by_chance=(more, less),
        beside=as_much,
        remark=f"feature {widespread[0]}, in {here} of {len(sizes)} layers; by chance in {percent(share)} of them; {as_much}",
    )


def same_place(tables: Tables, settings: Settings, model: str) -> Evidence:
    """N2: that the layers have their outliers at the same place, against layers that know nothing of each other."""
    found = _same_place(tables, model)
    controls = [_same_place(tables, other) for other in settings.encoders[1:]]
    statement = (
        f"{model}'s most widespread outlier is one in more of its layers than if they were independent, by these percentage"
        f" points: {found.said(points)}; {CITED}: the same position throughout the model."
    )
    note = (
        f"Chance: each layer's set of outliers is shuffled over the features by itself, {SHUFFLES:,} times, and the most"
        f" widespread one chosen anew. The verdict rests on how often that gives as much ({percent(TAIL)} at most for a"
        " direction), not on seeds: there is one model."
    )
    return Evidence([found], statement, note, controls=controls, blurred_by="layers", why_none=found.remark)


# ------------------------------------------------------------------------------------------------------------------- N6


def _emerged(tables: Tables, model: str) -> list[Exact]:
    """When each outlier of the last snapshot became one for good, as a share of the steps, with the snapshot before."""
    rows, what = tables.rows("emergence", model=model), "step from which on it is an outlier / steps"
    files, nothing = sources_of(rows), Exact("", model, what, BARS["N6"], number=None, published=PUBLISHED["N6"])
    if rows.empty:
        return [nothing]
    by_step = rows.pivot(index="step", columns="feature", values="outlier").astype(bool).sort_index()
    steps, found = by_step.index.tolist(), []
    if not by_step.iloc[-1].any():
        return [replace(nothing, remark=NONE_AT_END, files=files)]
    for feature in by_step.columns[by_step.iloc[-1]]:
        absent = np.flatnonzero(~by_step[feature].to_numpy())
        at = int(absent[-1]) + 1 if len(absent) else 0
        before = steps[at - 1] if at else 0
        found.append(
            Exact(
                f"feature {feature}",
                f"feature {feature} of {model}",
                what,
                BARS["N6"],
                number=steps[at] / steps[-1],
                ends=(before / steps[-1], steps[at] / steps[-1]),
                remark=f"from step {steps[at]:,} of {steps[-1]:,} on" + (f", not yet at {before:,}" if at else ""),
                published=PUBLISHED["N6"],
                files=files,
            )
        )
    return found


def early(tables: Tables, settings: Settings, model: str) -> Evidence:
    """N6: when in pre-training the outliers that there are at its end became outliers for good."""
    found = _emerged(tables, model)
    controls = [one for other in tables.followed if other != model for one in _emerged(tables, other)]
    statement = (
        f"{model}'s outliers are outliers for good after this share of its pre-training: {said(found, percent)};"
        f" {CITED}: after about 50,000 steps."
    )
    note = (
        "Known as finely as the snapshots lie: an outlier emerged between the snapshot at which it is one for good and the one"
        " before, and a direction is said if both lie on one side. It is that of one pre-training, not of a sample of them."
    )
    why = found[0].remark if found[0].number is None else ""
    return Evidence(found, statement, note, controls=controls, blurred_by="snapshots", why_none=why)


# ------------------------------------------------------------------------------------------------------------------- N7


def every_encoder(tables: Tables, settings: Settings, *models: str) -> Evidence:
    """N7: N1 and N3, each of them for each encoder."""
    found: list[Quantity] = []
    told = []
    for model in models:
        counts, loss = _counts(tables, model, label=model), loss_without(tables, model, name="loss times")
        here = [*(replace(one, published="") for one in counts), replace(loss, published="")]
        found += here
        there = "outliers not counted" if counts[0].value is None else counted(int(counts[0].value), "outlier")
        told.append(f"{model}: {there}, {loss.said(number)}")
    statement = (
        f"{'; '.join(told)}; {CITED}: several sizes of BERT, mBERT, RoBERTa, ELECTRA, XLNet and BART; GPT-2 in its output dense"
        " layer."
    )
    note = f"N1 and N3, judged for {counted(len(models), 'encoder')}: all must hold. Counts are exact; losses are over seeds."
    several = len(models) > 1
    return Evidence(found, statement, note, several, lacking="" if several else "encoders of other families")
