"""A whole question, from a model and a data set to an answer: which examples rank, choose and measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headcount.library import data as given
from headcount.library.importance import AT_MOST, importance
from headcount.library.pruning import LEVELS, heads

if TYPE_CHECKING:
    from headcount.analysis.required import Crossing
    from headcount.library.importance import Importance
    from headcount.library.loading import Model
    from headcount.library.smaller import Smaller

RANKING = 0.25
"""Of one data set, the share of the examples that rank the heads; the rest chooses and measures, a half each."""


@dataclass(frozen=True)
class Question:
    """What is asked of a model.

    Args:
        data: what chooses and measures; what ranks too, where there is no ``train``.
        train: examples that rank.
        text, label: their columns.
        at_most: so many examples for each of the three purposes.
    """

    data: given.Data
    train: given.Data = None
    text: Sequence[str] | None = None
    label: str | None = None
    metric: str = "accuracy"
    norm: str = "l1"
    crossing: Crossing = "first_crossing"
    at_most: int = AT_MOST
    seed: int = 0

    @property
    def source(self) -> str:
        """Where the examples come from."""
        return f"{self.data}" if self.train is None else f"{self.train} (ranking) and {self.data}"


def answer(
    model: Model, question: Question, keep: Sequence[float] = LEVELS, strict: bool = False
) -> tuple[Importance, list[Smaller]]:
    """The importance of the heads, and a smaller model for each share of the score that is to be kept.

    Raises:
        ValueError: as ``importance`` and ``heads``.
    """
    columns: dict[str, Any] = {"text": question.text, "label": question.label}
    limits: dict[str, Any] = {"at_most": question.at_most, "seed": question.seed}
    ranking, rest = question.train, question.data
    if ranking is None:
        ranking, rest = given.split(rest, (RANKING, 1 - RANKING), **columns, seed=question.seed)
        columns = {}
    found = importance(model, ranking, **columns, norm=question.norm, **limits)
    told: dict[str, Any] = {"metric": question.metric, "crossing": question.crossing, "strict": strict}
    return found, heads(model, found, tuple(keep), rest, **columns, **limits, **told)
