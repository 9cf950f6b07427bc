"""What fine-tuning moves beside what is important: a row a head, and a row a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Measured:
    """What one fine-tuned model differs in from the pre-trained one, and how important its heads are.

    ``moved`` holds ``attention_js`` and ``attention_js_local [layers, heads]``, ``hidden_l2`` and ``hidden_l2_local
    [layers + 1]`` (``headcount.analysis.divergence.Divergence``); ``importance`` on the task and ``pretrain_importance`` on
    masked LM (``[rows, heads]``, before any norm), each where it was estimated.
    """

    run: dict[str, object]
    moved: Mapping[str, np.ndarray]
    importance: np.ndarray | None
    pretrain_importance: np.ndarray | None


def heads_table(measured: Sequence[Measured]) -> pd.DataFrame:
    """A row a head: ``study, model, task, seed, layer, head, attention_js, attention_js_local, importance,
    pretrain_importance``.

    Importances are null where there are none, and where layers share their heads: one importance has no one layer's divergence
    beside it.
    """
    return pd.concat([_heads(one) for one in measured], ignore_index=True)


def _heads(one: Measured) -> pd.DataFrame:
    layers, heads = np.indices(one.moved["attention_js"].shape)
    rows = pd.DataFrame({**one.run, "layer": layers.ravel(), "head": heads.ravel()})
    for name in ("attention_js", "attention_js_local"):
        rows[name] = one.moved[name].ravel()
    for name in ("importance", "pretrain_importance"):
        values = getattr(one, name)
        rows[name] = values.ravel() if values is not None and values.shape == layers.shape else np.nan
    return rows


def layers_table(measured: Sequence[Measured]) -> pd.DataFrame:
    """A row a layer, 0 being the embeddings' output: ``study, model, task, seed, layer, hidden_l2, hidden_l2_local``."""
    return pd.concat([_layers(one) for one in measured], ignore_index=True)


def _layers(one: Measured) -> pd.DataFrame:
    values = {name: one.moved[name] for name in ("hidden_l2", "hidden_l2_local")}
    return pd.DataFrame({**one.run, "layer": range(len(one.moved["hidden_l2"])), **values})
