"""How important each head of a model is for a task: estimated on examples, and what an order of heads rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
from jaxtyping import Float64

from headcount.one_model import data as given
from headcount.one_model import dividing
from headcount.one_model.bars import followed
from headcount.one_model.loading import Model, at_rest
from headcount.order.norms import NORMS, normalize
from headcount.order.ranking import Head, order
from headcount.progress import log

if TYPE_CHECKING:
    from pathlib import Path

    from headcount.data.tokenizer import TextEncoder
    from headcount.networks.examples import LabelledExamples
    from headcount.one_model.pictures import Picture

AT_MOST = 1000
"""Examples that are asked for each of the three purposes, where more are given."""
BUDGET = 4096
"""Tokens per batch; changes speed and memory, no number."""


@dataclass(frozen=True, eq=False)
class Importance:
    """The importance of every head of one model on one task (Eq. 2, 3), in nats.

    Args:
        values: mean over the examples of the size of the loss's gradient with respect to the head's gate; a row a layer, or
            one in all where layers share their heads.
        norm: what each row is divided by before heads are compared (Eq. 4).
        examples: how many it was estimated on.
        agreement: Spearman's correlation of the ranks that two halves of the examples give the heads.
        seen: the examples, by ``dividing.key``.
    """

    values: Float64[np.ndarray, "rows heads"]
    norm: str
    examples: int
    agreement: float | None = None
    seen: frozenset[float] = field(default=frozenset(), repr=False)

    @cached_property
    def normalized(self) -> Float64[np.ndarray, "rows heads"]:
        """Each row divided by its norm (Eq. 4)."""
        return normalize(self.values, self.norm)

    @cached_property
    def order(self) -> list[Head]:
        """All heads as ``(layer, head)``, counted from 0, the least important first."""
        return cast(list[Head], order(self.normalized))

    def table(self) -> pd.DataFrame:
        """A row a head: ``layer`` and ``head`` from 0, ``importance``, ``normalized``, and its ``place`` in the order."""
        rows = [(*head, self.values[head], self.normalized[head], place) for place, head in enumerate(self.order)]
        return pd.DataFrame(rows, columns=["layer", "head", "importance", "normalized", "place"])

    def plot(self, path: str | Path | None = None) -> Picture:
        """A map of the heads, which a notebook shows; written to ``path`` (``.png``, ``.svg``, ``.pdf``) if one is given."""
        from headcount.one_model.pictures import importance_map

        return importance_map(self, path=path)

    def __repr__(self) -> str:
        rows, heads = self.values.shape
        halves = "" if self.agreement is None else f", halves agree by {self.agreement:.2f}"
        return f"<importance of {rows} × {heads} heads on {self.examples} examples{halves}>"


def importance(
    model: Model,
    data: given.Data,
    *,
    text: str | Sequence[str] | None = None,
    label: str | None = None,
    norm: str = "l1",
    at_most: int = AT_MOST,
    seed: int = 0,
) -> Importance:
    """How important each head is to ``model`` on ``data``: Eq. 2 and 3, exactly, one pass forward and one backward.

    Args:
        data: a path (CSV, JSON lines, Parquet, Arrow), a DataFrame, a ``datasets.Dataset``, or a list of ``(text, label)``. The
            training set will do; what a number of heads is chosen on (``prune``) must be other examples.
        text, label: its columns; ``text`` and ``label`` if nothing is given.
        norm: what a layer's importances are divided by: ``l1``, ``l2`` or ``none``.
        at_most: so many examples are taken, of every label as large a share.
        seed: of the choice among them.

    Raises:
        ValueError: as ``load`` and ``data`` have it; there are too few examples; an unknown norm.
    """
    from headcount.analysis.agreement import spearman
    from headcount.criteria.contributions import Contributions
    from headcount.criteria.gate_gradient import estimate

    NORMS[norm]
    rows = dividing.sampled(given.examples(data, model, text, label), at_most, seed)
    dividing.check_enough(rows, "data")
    parts = Contributions(len(rows))
    with at_rest(model.model):
        questions = asked(model, rows)
        found = estimate(model.model, questions, BUDGET, follow=followed("importance of the heads"), contributions=parts)
    values = np.stack(found)
    if not np.isfinite(values).all() or not values.any():
        raise ValueError(f"{model.name}: the gradients of its gates are all 0 or no finite numbers; its training went wrong")
    halves = None if parts.halves is None else spearman(*parts.halves)
    return Importance(values, norm, len(rows), halves, dividing.keys(rows))


def asked(model: Model, rows: pd.DataFrame, metric: str = "accuracy") -> LabelledExamples:
    """Examples (``data.examples``) as the model is asked about them."""
    from headcount.data.tasks import Classification
    from headcount.networks.task_examples import labelled

    found = labelled(rows, Classification(model.labels, metric), cast("TextEncoder", model), model.max_length)
    if cut := sum(length == model.max_length for length in found.lengths):
        log.warning(f"{cut} of {len(rows)} texts fill the {model.max_length} tokens to which they are cut (max_length)")
    return found
