"""What a model answers: its score, its loss, and each example's outcome, from which any statistic can be computed again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float64, Integer

OUTCOME = "int16"
"""Type of an outcome on disk: a class, or how many of a block's masked tokens were hit."""


class Answer(NamedTuple):
    """What a model makes of all examples of a task.

    Args:
        score: the task's metric, higher is better.
        loss: the mean of L(x) over the examples, for masked LM over the masked tokens; natural logarithm.
        outcomes: of each example the class that is predicted, or for masked LM how many of its masked tokens are hit.
        losses: of each example L(x), for masked LM the sum over its masked tokens; ``None`` where nobody asks for them.
    """

    score: float
    loss: float
    outcomes: Integer[np.ndarray, " examples"]
    losses: Float64[np.ndarray, " examples"] | None = None


NOT_ASKED = Answer(score=np.nan, loss=np.nan, outcomes=np.empty(0, np.int64))
"""In the place of an answer where nobody was asked."""


def point_name(removed: int) -> str:
    """The column of a point at which so many units are gone."""
    return f"removed_{removed}"


def loss_name(trial: int) -> str:
    """The column of the examples' losses in a trial."""
    return f"loss_{trial}"


def outcomes_table(examples: pd.DataFrame, removed: Sequence[int], answers: Sequence[Answer]) -> pd.DataFrame:
    """Each example's outcome at each point of a curve: the columns of ``examples``, and ``removed_<n>`` for each point.

    Args:
        examples: a row an example: its name in ``example``, and what its outcome is compared with.

    Raises:
        ValueError: an outcome that is no small whole number.
    """
    columns = {point_name(count): small(answer.outcomes) for count, answer in zip(removed, answers, strict=True)}
    return pd.concat([examples.reset_index(drop=True), pd.DataFrame(columns)], axis=1)


def light(answer: Answer) -> Answer:
    """An answer of two bytes an example: its losses are not kept."""
    return answer._replace(outcomes=small(answer.outcomes), losses=None)


def small(outcomes: Integer[np.ndarray, " examples"]) -> Integer[np.ndarray, " examples"]:
    """Outcomes as ``OUTCOME``.

    Raises:
        ValueError: one does not fit.
    """
    found = outcomes.astype(OUTCOME, copy=False)
    if (found != outcomes).any():
        raise ValueError(f"an outcome of {outcomes.max()} does not fit {OUTCOME}: allowed is up to {np.iinfo(OUTCOME).max}")
    return found
