"""What the verdict on one claim rests on: its quantities, each measured on some runs and held against a bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from headcount.claims.bars import Bar
from headcount.claims.statistics import (
    Estimate,
    Term,
    estimate,
)
from headcount.claims.tables import Runs
from headcount.phrasing import Write

Weighted = tuple[float, Runs]
"""Runs, and the weight with which their mean is added."""


class Scale(NamedTuple):
    """On which numbers are averaged and intervals are symmetric, and the way back."""

    forward: Callable[[float], float]
    back: Callable[[float], float]


PLAIN = Scale(float, float)
FISHER = Scale(lambda r: float(np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12))), lambda z: float(np.tanh(z)))
"""Fisher's z of a correlation."""


@dataclass(frozen=True)
class Quantity:
    """A weighted sum of means over seeds, the seeds of one model taken together.

    Args:
        name: as short as it can be in the claim's sentence.
        label: what it was measured on; what: what was measured; both as a table says them.
        bar: what it is held against.
        terms: those with weight 0 are not measured with; their runs that were left out are told all the same.
        remark: what else there is to say about it.
        beside: what is said beside its interval.
        published: the value that its paper gives, as it gives it.
    """

    name: str
    label: str
    what: str
    bar: Bar
    terms: Sequence[Weighted]
    remark: str = ""
    beside: str = ""
    scale: Scale = PLAIN
    published: str = ""

    @cached_property
    def found(self) -> Estimate | None:
        """On the scale."""
        forward = np.vectorize(self.scale.forward, otypes=[float])

        def term(weight: float, runs: Runs) -> Term:
            values = {seed: self.scale.forward(value) for seed, value in runs.by_seed.items()}
            draws = {seed: forward(draws) for seed, draws in runs.draws.items()}
            return Term(values, weight, runs.model, draws, runs.error)

        return estimate([term(weight, runs) for weight, runs in self.terms if weight])

    @property
    def scaled_bar(self) -> Bar:
        return replace(self.bar, value=self.scale.forward(self.bar.value))

    @property
    def value(self) -> float | None:
        return None if self.found is None else self.scale.back(self.found.value)

    @property
    def interval(self) -> tuple[float, float] | None:
        if self.found is None or (ends := self.found.interval) is None:
            return None
        return self.scale.back(ends[0]), self.scale.back(ends[1])

    @property
    def weak(self) -> list[str]:
        """Runs whose unpruned score is too near to zero."""
        told = [f"{runs.name}, seed {seed}: {why}" for weight, runs in self.terms if weight for seed, why in runs.weak.items()]
        return list(dict.fromkeys(told))

    @property
    def left_out(self) -> list[str]:
        return [f"{runs.name}, seed {seed} ({why})" for _, runs in self.terms for seed, why in sorted(runs.left_out.items())]

    @property
    def sources(self) -> frozenset[str]:
        return frozenset().union(*(runs.sources for _, runs in self.terms))

    @property
    def note(self) -> str:
        absent = [runs.name for weight, runs in self.terms if weight and not (runs.by_seed or runs.left_out)]
        parts = [
            self.remark,
            f"left out: {'; '.join(self.left_out)}" if self.left_out else "",
            f"no data of {'; '.join(absent)}" if absent else "",
            f"not measurable here: {'; '.join(self.weak)}" if self.found and self.weak else "",
            "one seed: no interval" if self.found and self.interval is None else "",
        ]
        return ". ".join(filter(None, parts))

    def said(self, write: Write) -> str:
        """Its value, with its interval and whatever stands beside it in brackets."""
        if self.value is None:
            return f"{self.name} not measured".strip()
        interval = "one seed" if self.interval is None else " to ".join(map(write, self.interval))
        return f"{self.name} {write(self.value)} ({'; '.join(filter(None, [interval, self.beside]))})".strip()

    def measured(self) -> dict[str, Any]:
        """The columns that a part of a verdict and what stands beside it have in common."""
        low, high = self.interval or (None, None)
        seeds = self.found.seeds if self.found else 0
        return {
            "label": self.label,
            "quantity": self.what,
            "value": self.value,
            "low": low,
            "high": high,
            "seeds": seeds,
            "note": self.note,
            "published": self.published,
        }


@dataclass(frozen=True)
class Evidence:
    """All quantities of a claim, the sentence that tells them, how the paper was read.

    Args:
        complete: they cover all tasks that the paper's do, or are not run where they do not.
        controls: quantities that stand beside the claim, and are not judged.
        blurred_by: of what there are too few where no number of seeds would decide.
        too_weak: what it takes where something is not measurable.
        lacking: what it takes where the quantities are not complete.
        why_none: why there is no data at all, where that is known.
    """

    quantities: Sequence[Quantity]
    statement: str
    note: str
    complete: bool = True
    controls: Sequence[Quantity] = ()
    blurred_by: str = "evaluation examples"
    too_weak: str = "unpruned scores farther above zero"
    lacking: str = ""
    why_none: str = ""


def said(quantities: Sequence[Quantity], write: Write) -> str:
    """Several quantities, one after the other."""
    return ", ".join(quantity.said(write) for quantity in quantities)
