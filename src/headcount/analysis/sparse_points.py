"""The points of curves of single weights whose every point is another training (Gordon et al. 2020, Table 1)."""

from __future__ import annotations

import pandas as pd

from headcount.data.tasks import MASKED_LM
from headcount.order.curve import COLUMNS

ABOUT = ["study", "model", "task", "seed", "schedule"]
POINT_COLUMNS = (*COLUMNS, "fraction", "accuracy", "training_loss", "epochs", "collapsed")


def points_table(metrics: pd.DataFrame) -> pd.DataFrame:
    """A row a training, in ``POINT_COLUMNS``.

    A score is relative to that of the unpruned model of the same run and arm, which went through the same steps; it is
    undefined where that is not above 0.

    Args:
        metrics: the metrics of the trainings, and of the sparse pre-trained models, which lack those of a fine-tuning.
    """
    whole = metrics[(metrics["fraction"] == 0) & (metrics["criterion"] == "magnitude")].set_index(ABOUT)["score"]
    unpruned = pd.MultiIndex.from_frame(metrics[ABOUT]).map(whole.to_dict())
    scores = metrics["score"] / pd.Series(unpruned, index=metrics.index, dtype=float).where(lambda score: score > 0)
    found = metrics.assign(unit="weight", norm="none", relative_score=scores.astype("Float64"))
    for column in POINT_COLUMNS:
        if column not in found:
            found[column] = None
    found["collapsed"] = found["collapsed"].map(lambda value: value is True)
    for column in ("loss", "accuracy", "training_loss", "epochs"):
        found[column] = found[column].astype(float)
    tasks = found["task"].map(lambda task: task == MASKED_LM)
    order = found.assign(downstream=~tasks).sort_values(
        ["model", "downstream", "task", "schedule", "criterion", "seed", "fraction"], kind="stable"
    )
    return order[list(POINT_COLUMNS)].reset_index(drop=True)
