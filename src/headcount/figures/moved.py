"""What fine-tuning moves: the runs and means that figures 4, 6 and the heat maps are drawn from."""

from __future__ import annotations

import pandas as pd

from headcount.analysis.counted import USED, Runs, fates, notes
from headcount.figures.rows import Names, floats, of, refuse_mixtures

Lost = dict[tuple[str, str], list[str]]
"""(model, task): lines that say which seeds are left out."""


def counted_rows(frame: pd.DataFrame, models: Names, tasks: Names, key: Names, collapsed: Runs) -> tuple[pd.DataFrame, Lost]:
    """The figure's share of a table, checked and without the runs that do not count; and which those are."""
    chosen = of(frame, models, tasks)
    refuse_mixtures(chosen, ["model", "task", "seed", *key])
    chosen = chosen.assign(fate=fates(chosen, collapsed=collapsed))
    lost = {(str(model), str(task)): notes(rows) for (model, task), rows in chosen.groupby(["model", "task"])}
    return chosen[chosen["fate"] == USED].drop(columns="fate"), lost


def head_means(heads: pd.DataFrame) -> pd.DataFrame:
    """Each head's JS divergence, averaged over seeds; layers and heads numbered from 1."""
    numbered = heads.assign(attention_js=floats(heads["attention_js"]), layer=heads["layer"] + 1, head=heads["head"] + 1)
    groups = numbered.groupby(["model", "task", "layer", "head"])["attention_js"]
    return groups.agg(js_mean="mean", js_sd="std", seeds="count").reset_index()
