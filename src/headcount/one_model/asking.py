"""A whole question, from a model and a data set to an answer: which examples rank, choose and measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from headcount.analysis.required import CROSSINGS
from headcount.data.metrics import metric
from headcount.one_model import data as given
from headcount.one_model import dividing
from headcount.one_model.importance import AT_MOST, importance
from headcount.one_model.pruning import LEVELS, check_shares, heads
from headcount.order.norms import NORMS

if TYPE_CHECKING:
    from headcount.one_model.loading import Model
    from headcount.one_model.smaller import Smaller

RANKING = 0.25
"""Of one data set, the share of the examples that rank the heads; the rest chooses and measures, a half each."""


@dataclass(frozen=True)
class Question:
    """What is asked of a model.

    Args:
        data: what chooses and measures; what ranks too, where there is no ``train``.
        train: examples that rank.
        text, label: their columns.
        task: what they are called.
        keep: shares of the score.
        at_most: so many examples for each of the three purposes.
        strict: whether a share that the best constant answer keeps too is refused.

    Raises:
        ValueError: something is named that does not exist, or ``keep`` is no share.
    """

    data: given.Data
    train: given.Data = None
    text: Sequence[str] | None = None
    label: str | None = None
    metric: str = "accuracy"
    task: str | None = None
    keep: Sequence[float] = LEVELS
    norm: str = "l1"
    crossing: str = CROSSINGS[0]
    at_most: int = AT_MOST
    seed: int = 0
    strict: bool = False

    def __post_init__(self) -> None:
        check_shares(self.keep)
        metric(self.metric)
        NORMS[self.norm]
        if self.crossing not in CROSSINGS:
            raise ValueError(f"crossing: {self.crossing!r}; allowed are {', '.join(CROSSINGS)}")

    @property
    def source(self) -> str:
        """Where the examples come from."""
        return f"{self.data}" if self.train is None else f"{self.train} (ranking) and {self.data}"


def answer(model: Model, question: Question) -> list[Smaller]:
    """A smaller model for each share of the score that is to be kept, with all that is known of it.

    Raises:
        ValueError: as ``importance`` and ``heads``.
    """
    columns: dict[str, Any] = {"text": question.text, "label": question.label}
    rest = given.read(question.data, **columns)
    given.numbered(rest, model, "data")
    if question.train is None:
        ranking, rest = dividing.divided(rest, (RANKING, 1 - RANKING), question.seed)
    else:
        ranking = given.read(question.train, **columns, what="train")
    limits: dict[str, Any] = {"at_most": question.at_most, "seed": question.seed}
    found = importance(model, ranking, norm=question.norm, **limits)
    told: dict[str, Any] = {"metric": question.metric, "crossing": question.crossing, "strict": question.strict}
    smaller = heads(model, found, question.keep, rest, **limits, **told)
    source = question.data.source if isinstance(question.data, given.Stored) else None
    return [replace(one, data=source, title=question.task) for one in smaller]
