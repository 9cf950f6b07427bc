"""What the verdict on one claim rests on: its quantities, each measured on some runs and held against a bar."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from headcount.claims.bars import CLAIMED, PAPER_MODELS, Bar, Role
from headcount.claims.statistics import (
    LEAST_SEEDS,
    TAIL,
    Estimate,
    Term,
    distance,
    estimate,
    is_beyond,
    meets,
    rejected,
    tail_of,
)
from headcount.claims.tables import Runs, Tables
from headcount.claims.verdicts import Beside, Claim, Part, PartVerdict, claim_verdict
from headcount.phrasing import Write, listed

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
    """

    name: str
    label: str
    what: str
    bar: Bar
    terms: Sequence[Weighted]
    remark: str = ""
    beside: str = ""
    scale: Scale = PLAIN

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
        return {"label": self.label, "quantity": self.what, "value": self.value, "low": low, "high": high, "seeds": seeds}


@dataclass(frozen=True)
class Evidence:
    """All quantities of a claim, the sentence that tells them, how the paper was read.

    Args:
        complete: they cover all tasks that the paper's do, or are not run where they do not.
        controls: quantities that stand beside the claim, and are not judged.
    """

    quantities: Sequence[Quantity]
    statement: str
    note: str
    complete: bool = True
    controls: Sequence[Quantity] = ()


def said(quantities: Sequence[Quantity], write: Write) -> str:
    """Several quantities, one after the other."""
    return ", ".join(quantity.said(write) for quantity in quantities)


# -------------------------------------------------------------------------------------------------------------- verdicts


def judged(quantities: Sequence[Quantity]) -> list[Part]:
    """The parts of a claim with their verdicts: contradicted where Holm's rule over all that are measured says so."""
    counted = [one for one in quantities if one.found and not one.weak]
    falls = rejected([tail_of(one.found, one.scaled_bar) for one in counted if one.found])
    fallen = [one for one, gone in zip(counted, falls, strict=True) if gone]
    return [_part(one, _verdict(one, fallen), len(counted)) for one in quantities]


def _verdict(quantity: Quantity, fallen: Sequence[Quantity]) -> PartVerdict:
    if quantity.found is None:
        return "not run"
    if quantity.weak:
        return "not measurable here"
    if quantity in fallen:
        return "contradicted"
    return "supported" if is_beyond(quantity.found, quantity.scaled_bar) else "inconclusive"


def _part(quantity: Quantity, verdict: PartVerdict, parts: int) -> Part:
    found, bar = quantity.found, quantity.scaled_bar
    seeds_to_decide = None
    if found and verdict == "inconclusive":
        tail = TAIL if meets(found.value, bar) else TAIL / parts
        seeds_to_decide = found.seeds_for(distance(found.value, bar), tail)
    return Part(
        **quantity.measured(),
        error_of_seeds=found.error_of_seeds if found else None,
        freedom=found.freedom if found else None,
        error_of_examples=found.error_of_examples if found else None,
        bar=quantity.bar.value,
        relation=quantity.bar.relation,
        verdict=verdict,
        left_out=len(quantity.left_out),
        seeds_to_decide=seeds_to_decide,
        note=quantity.note,
    )


def _to_decide(parts: Sequence[Part]) -> str:
    """What it would take to decide a claim that is left open."""
    needs = []
    for verdict, what in (("not run", "data"), ("not measurable here", "unpruned scores farther above zero")):
        if labels := [part.label for part in parts if part.verdict == verdict]:
            needs.append(f"{what} on {listed(labels)}" if any(labels) else what)
    open_parts = [part for part in parts if part.verdict == "inconclusive"]
    if any(part.seeds < LEAST_SEEDS for part in open_parts):
        needs.append(f"at least {LEAST_SEEDS} seeds")
    elif open_parts:
        wrong = [part for part in open_parts if not meets(part.value or 0.0, Bar(part.relation, part.bar, ""))]
        numbers = [part.seeds_to_decide for part in wrong or open_parts]
        known = [one for one in numbers if one is not None]
        if known and (wrong or len(known) == len(numbers)):
            seeds = min(known) if wrong else max(known)
            needs.append(f"about {seeds} seeds, if values and spreads stay as they are")
        else:
            where = listed([part.label for part in wrong or open_parts if part.seeds_to_decide is None])
            needs.append(f"more evaluation examples{f' on {where}' if where else ''}: no number of seeds would do")
    return f"To decide it takes {listed(needs)}." if needs else ""


def concluded(identifier: str, models: Sequence[str], evidence: Evidence, tables: Tables) -> Claim:
    """The claim with the verdict that follows from its evidence."""
    claimed, parts = CLAIMED[identifier], judged(evidence.quantities)
    verdict = claim_verdict([part.verdict for part in parts], evidence.complete)
    if verdict == "not run":
        left_out = any(part.left_out for part in parts)
        why = "every run there is was left out" if left_out else "this study has no data for it"
        evidence = replace(evidence, statement=f"Not run on {listed(models)}: {why}.", controls=())
    return Claim(
        id=identifier,
        claim=claimed.of(dict(zip(claimed.roles, models, strict=True))),
        where=claimed.where,
        model=" against ".join(_stands_for(role, model, tables) for role, model in zip(claimed.roles, models, strict=True)),
        verdict=verdict,
        statement=evidence.statement,
        parts=parts,
        beside=[Beside(**one.measured(), note=one.note) for one in evidence.controls if one.found],
        to_decide=_to_decide(parts) if verdict == "inconclusive" else "",
        sources=sorted(frozenset().union(*(one.sources for one in [*evidence.quantities, *evidence.controls]))),
        note=evidence.note,
    )


def _stands_for(role: Role, model: str, tables: Tables) -> str:
    """A model with how many heads it has, and which of the paper's it stands for."""
    heads, paper = tables.heads_of(model), PAPER_MODELS[role]
    about = [f"{heads} heads"] if heads else []
    about += [f"stands for {paper}"] if model.lower() != paper.lower() else []
    return f"{model} ({', '.join(about)})" if about else model


def without_model(identifier: str, roles: Mapping[Role, str | None]) -> Claim:
    """The claim where nothing in the study stands for a model that it is about."""
    claimed = CLAIMED[identifier]
    missing = [PAPER_MODELS[role] for role in claimed.roles if roles.get(role) is None]
    return Claim(
        id=identifier,
        claim=claimed.of(roles),
        where=claimed.where,
        model=None,
        verdict=claim_verdict([]),
        statement=f"Not run: no model of this study stands for {listed(missing)}.",
        parts=[],
        beside=[],
        to_decide="",
        sources=[],
        note="",
    )
