"""The importance of every head in every run, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float64


def importances_table(found: Sequence[tuple[Float64[np.ndarray, "rows heads"], Mapping[str, Any]]], study: str) -> pd.DataFrame:
    """A row a head: ``study, model, task, seed, norm, layer, head, importance``; layers and heads from 0.

    Where layers share their heads there is one row of them, layer 0.

    Args:
        found: importances, each with what its file says of itself: model, task, seed, norm.
    """
    return pd.concat([_rows(importance, about, study) for importance, about in found], ignore_index=True)


def _rows(importance: Float64[np.ndarray, "rows heads"], about: Mapping[str, Any], study: str) -> pd.DataFrame:
    layers, heads = np.indices(importance.shape)
    run = {"study": study, **{name: about[name] for name in ("model", "task", "seed", "norm")}}
    return pd.DataFrame({**run, "layer": layers.ravel(), "head": heads.ravel(), "importance": importance.ravel()})
