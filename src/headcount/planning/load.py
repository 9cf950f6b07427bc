"""What a job gives a network to do, and jobs that are alike in that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from headcount.study.rules import RULES

Kind = Literal["training", "importance", "scoring", "divergence"]


@dataclass(frozen=True)
class Work:
    """What a job gives a network to do: one kind of it.

    ``tokens`` is ``None`` where the data's size is unknown, ``flops`` also where the model's shape is; ``passes`` counts the
    layers run, one for every layer and batch, however many tokens it has; ``updates`` the parameters moved, each once a step;
    ``padding`` is how many times ``flops`` its batches take with what they are filled up with.
    """

    kind: Kind
    tokens: float | None
    flops: float | None
    passes: float
    updates: float = 0.0
    padding: float = 1.0


@dataclass(frozen=True)
class Job:
    """``count`` jobs that are alike. ``model`` and ``task`` are ``None`` where a job is about several, or none."""

    rule: str
    count: int
    model: str | None = None
    task: str | None = None
    work: tuple[Work, ...] = ()

    @property
    def network(self) -> bool:
        """Whether it trains or evaluates a network."""
        return bool(self.work)

    @property
    def counted(self) -> bool:
        """Whether its time can be known: that of fetching a model or reading data depends on where they are."""
        return self.network or not (RULES[self.rule].kind == "data" or self.rule.startswith("fetch_"))
