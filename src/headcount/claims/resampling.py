"""Scores again on resampled examples: what a curve would have been on another draw of its evaluation set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zlib import crc32

import numpy as np
import pandas as pd
from jaxtyping import Float32, Float64

from headcount.data.metrics import RECALL_AT_1, of_counts
from headcount.data.tasks import MASKED_LM, TASKS
from headcount.order.outcomes import loss_name, point_name

RESAMPLES = 500
"""Bootstrap resamples of a task's examples: a standard error is known to within 3 % by so many."""


class Resamples:
    """How often each of a task's examples is drawn in each resample: the same for all that is scored on them.

    Args:
        task: the same task is resampled in the same way each time.
        examples: the names of all examples that any run is scored on, in any order.
    """

    def __init__(self, task: str, examples: Sequence[str]) -> None:
        names = sorted(set(examples))
        self._place = pd.Series(range(len(names)), index=names)
        rng = np.random.default_rng(crc32(task.encode()))
        self._times = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), RESAMPLES).astype(np.float32)

    def times(self, examples: Sequence[str]) -> Float32[np.ndarray, "resamples examples"]:
        """How often each of these examples is drawn."""
        found: Float32[np.ndarray, "resamples examples"] = self._times[:, self._place[list(examples)].to_numpy()]
        return found


def metric_of(task: str, tables: Iterable[pd.DataFrame]) -> str:
    """The name of a task's metric, as the first of the tables has it that has rows of it; else as the table of tasks has it."""
    for table in tables:
        if "metric" in table and (rows := table["task"] == task).any():
            return str(table["metric"][rows].iloc[0])
    return RECALL_AT_1 if task == MASKED_LM else TASKS[task].metric_name


def scores(
    metric: str, outcomes: pd.DataFrame, removed: Sequence[int], times: Float32[np.ndarray, "resamples examples"]
) -> Float64[np.ndarray, "resamples points"]:
    """A metric at each point of a curve, each example counted so many times; for masked LM, Recall@1.

    Args:
        metric: its name.
        outcomes: as ``headcount.order.outcomes.outcomes_table``: of each example the predicted class beside its ``label``, or
            for masked LM the hits beside how many tokens were ``masked``.
        removed: how many units are gone at each point.
    """
    found = outcomes[[point_name(count) for count in removed]].to_numpy(np.float32)
    if "masked" in outcomes:
        asked = times @ outcomes["masked"].to_numpy(np.float32)
        shares: Float64[np.ndarray, "resamples points"] = (times @ found).astype(np.float64) / asked[:, None]
        return shares
    labels = outcomes["label"].to_numpy()[:, None]
    classes = range(max(2, int(labels.max()) + 1, int(found.max()) + 1))  # one that nobody has or says changes no score
    cells = [[times @ ((labels == label) & (found == answer)).astype(np.float32) for answer in classes] for label in classes]
    counts = np.moveaxis(np.array(cells, np.float64), (0, 1), (-2, -1))
    return of_counts(metric)(counts)


def losses(
    task: str, outcomes: pd.DataFrame, trials: Sequence[int], times: Float32[np.ndarray, "resamples examples"]
) -> Float64[np.ndarray, "resamples trials"]:
    """The loss in each trial, each example counted so many times: its mean, for masked LM over the masked tokens.

    Args:
        outcomes: a column of each trial's losses, for masked LM summed over an example's masked tokens.
    """
    found = outcomes[[loss_name(trial) for trial in trials]].to_numpy(np.float32)
    asked = outcomes["masked"].to_numpy(np.float32) if task == MASKED_LM else np.ones(len(found), np.float32)
    means: Float64[np.ndarray, "resamples trials"] = (times @ found).astype(np.float64) / (times @ asked)[:, None]
    return means
