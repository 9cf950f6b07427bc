"""Runs set beside the ordinary ones: heads removed before fine-tuning, and lower layers frozen."""

from __future__ import annotations

import pandas as pd

from headcount.analysis.counted import relative_score

RUN = ["study", "model", "task", "seed"]


def _ordinary(metrics: pd.DataFrame) -> pd.DataFrame:
    """The ordinary runs' scores: what a run of the same model, task and seed is compared with."""
    renamed = metrics.rename(columns={"score": "ordinary_score", "collapsed": "ordinary_collapsed"})
    return renamed[[*RUN, "ordinary_score", "ordinary_collapsed"]]


def _relative(table: pd.DataFrame) -> list[float]:
    """Each score over the ordinary run's."""
    columns = table[["score", "ordinary_score", "collapsed"]].itertuples(index=False)
    return [relative_score(score, ordinary, bool(collapsed)) for score, ordinary, collapsed in columns]


def freezing_table(frozen: pd.DataFrame, ordinary: pd.DataFrame) -> pd.DataFrame:
    """Fine-tuning with frozen lower layers against the ordinary run of the same seed (§5).

    Args:
        frozen: metrics of the runs in any arm, with ``frozen`` (the arm) and ``frozen_layers``.
        ordinary: metrics of the ordinary runs.

    Returns:
        ``study, model, task, seed, frozen, layers, score, ordinary_score, relative_score, collapsed``; the relative
        score is null where either run collapsed or the ordinary score is not above 0.
    """
    table = frozen.merge(_ordinary(ordinary), on=RUN, how="left", validate="many_to_one")
    table = table.assign(collapsed=table["collapsed"] | table["ordinary_collapsed"])
    table = table.assign(relative_score=_relative(table)).rename(columns={"frozen_layers": "layers"})
    return table[[*RUN, "frozen", "layers", "score", "ordinary_score", "relative_score", "collapsed"]]


ARMS = ("after_own", "after_pretrain", "before")


def before_after_table(
    own: pd.DataFrame, transferred: pd.DataFrame, masked_lm: pd.DataFrame, before: pd.DataFrame, ordinary: pd.DataFrame
) -> pd.DataFrame:
    """Heads removed after fine-tuning, in either order, and before it.

    Args:
        own: curves in each task's own order; transferred: curves of the same models in the pre-train task's order;
            masked_lm: the pre-trained models' curves on the pre-train task. All of one norm a model.
        before: metrics of models pruned and then fine-tuned, with ``removed`` and ``removed_fraction``.
        ordinary: metrics of the ordinary runs.

    Returns:
        ``study, model, task, seed, norm, arm, removed, removed_fraction, score, relative_score, pretrain_relative_score,
        collapsed`` (the ordinary run); relative to the unpruned ordinary run of the seed, null where that collapsed or is not
        above 0. A run that was pruned first and then collapsed has lost what it could: it counts with its score.

    Raises:
        ValueError: curves of several units.
    """
    if len(units := {unit for curves in (own, transferred, masked_lm) if "unit" in curves for unit in curves["unit"]}) > 1:
        raise ValueError(f"curves of one unit are compared, not of {', '.join(sorted(units))}")
    norms = own[["model", "norm"]].drop_duplicates()
    parts = [
        own.assign(arm="after_own"),
        transferred.assign(arm="after_pretrain"),
        before.merge(norms, on="model").assign(arm="before"),
    ]
    columns = [*RUN, "norm", "arm", "removed", "removed_fraction", "score"]
    table = pd.concat([part[columns] for part in parts], ignore_index=True)
    table = table.merge(_ordinary(ordinary), on=RUN, how="left").rename(columns={"ordinary_collapsed": "collapsed"})
    pretrain = masked_lm[["model", "seed", "removed", "relative_score"]].rename(
        columns={"relative_score": "pretrain_relative_score"}
    )
    table = table.assign(relative_score=_relative(table)).merge(pretrain, on=["model", "seed", "removed"], how="left")
    table["pretrain_relative_score"] = table["pretrain_relative_score"].where(table["arm"] != "after_own")
    return table[[*columns, "relative_score", "pretrain_relative_score", "collapsed"]]
