"""What a language's word order, its morphology and its share of the pre-training corpus have to do with what it loses.

Least squares over the languages, all factors in the model at once: in XNLI's fifteen languages family and corpus size go
together, so that neither can be read off alone. Which factors can be told apart is a matter of the languages there are.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Float64

SVO, AGGLUTINATIVE, ARTICLES = "svo", "agglutinative", "articles"
COLUMNS = ("constant", SVO, AGGLUTINATIVE, ARTICLES)
"""Of a design: 1; 1 where the order is subject, verb, object; 1 where morphology is agglutinative; log10 of the articles."""
TOLERANCE = 1e-8
"""Columns, and contrasts, that differ by less from others' combinations are these."""


def articles_of(languages: pd.DataFrame) -> Float64[np.ndarray, " languages"]:
    """log10 of each language's articles in the pre-training corpus; one that has none counts as if it had one."""
    logarithms: Float64[np.ndarray, " languages"] = np.log10(np.maximum(languages["articles"].to_numpy(float), 1.0))
    return logarithms


def design(languages: pd.DataFrame) -> Float64[np.ndarray, "languages columns"]:
    """The design of a regression over languages, in ``COLUMNS``.

    Args:
        languages: a row each, with columns order, morphology, articles.
    """
    svo, agglutinative = languages["order"] == "svo", languages["morphology"] == "agglutinative"
    columns = [np.ones(len(languages)), svo.to_numpy(float), agglutinative.to_numpy(float), articles_of(languages)]
    return np.stack(columns, axis=1)


def coefficients(
    columns: Float64[np.ndarray, "languages columns"], values: Float64[np.ndarray, " languages"]
) -> Float64[np.ndarray, " columns"]:
    """The coefficients of least squares; those of the least norm where several fit alike."""
    found: Float64[np.ndarray, " columns"] = np.linalg.pinv(columns, rcond=TOLERANCE) @ values
    return found


def contrast_weights(
    columns: Float64[np.ndarray, "languages columns"], contrast: Mapping[str, float]
) -> Float64[np.ndarray, " languages"] | None:
    """With which weight each language's value enters a contrast of the coefficients: their sum is the contrast's estimate.

    Args:
        contrast: the weights of the coefficients, by name; of the others 0.

    Returns:
        ``None`` where the languages cannot tell the contrast apart: it lies outside the row space of the design, so that fits
        that are equally good give it different values.
    """
    wanted = np.array([contrast.get(name, 0.0) for name in COLUMNS])
    inverse = np.linalg.pinv(columns, rcond=TOLERANCE)
    if not np.allclose(wanted @ inverse @ columns, wanted, atol=TOLERANCE**0.5):
        return None
    weights: Float64[np.ndarray, " languages"] = wanted @ inverse
    return weights


def rank_correlation(
    values: Float64[np.ndarray, "*draws languages"], others: Float64[np.ndarray, " languages"]
) -> Float64[np.ndarray, "*draws"]:
    """Spearman's correlation over the languages, tied ones sharing their mean rank; NaN where all on one side are equal."""
    from scipy.stats import rankdata

    a, b = (rankdata(one, axis=-1, nan_policy="propagate") for one in (values, others))
    a, b = (one - one.mean(axis=-1, keepdims=True) for one in (a, b))
    size = np.sqrt((a**2).sum(axis=-1) * (b**2).sum())
    above = (a * b).sum(axis=-1)
    found: Float64[np.ndarray, "*draws"] = np.divide(above, size, out=np.full_like(above, np.nan), where=size > 0)
    return found
