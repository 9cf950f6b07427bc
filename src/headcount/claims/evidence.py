"""What the verdict on one claim rests on: its quantities, each measured on some runs and held against a bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from headcount.claims.bars import CLAIMED, PAPER_MODELS, Bar
from headcount.claims.statistics import Term, estimate
from headcount.claims.tables import Runs, Settings
from headcount.claims.verdicts import Claim, Part, claim_verdict, part_verdict
from headcount.phrasing import Write, listed

Weighted = tuple[float, Runs]
"""Runs, and the weight with which their mean is added."""


def measured(part: Part, write: Write, beside: str = "") -> str:
    """A part's value, with its interval and whatever stands beside it in brackets."""
    if part.value is None:
        return "not measured"
    interval = "one seed" if part.low is None or part.high is None else f"{write(part.low)} to {write(part.high)}"
    return f"{write(part.value)} ({'; '.join(filter(None, [interval, beside]))})"


@dataclass(frozen=True)
class Quantity:
    """A part of a claim.

    Args:
        name: as short as it can be in the claim's sentence.
        beside: what is said beside its interval.
    """

    name: str
    part: Part
    sources: frozenset[str]
    beside: str = ""

    def said(self, write: Write) -> str:
        return f"{self.name} {measured(self.part, write, self.beside)}".strip()


@dataclass(frozen=True)
class Evidence:
    """All quantities of a claim, the sentence that tells them, how the paper was read.

    ``complete``: they cover all tasks that the paper's do, or are not run where they do not.
    """

    quantities: Sequence[Quantity]
    statement: str
    note: str
    complete: bool = True


def measure(
    name: str, label: str, quantity: str, bar: Bar, terms: Sequence[Weighted], note: str = "", beside: str = ""
) -> Quantity:
    """A quantity: the weighted sum of means over seeds, the seeds of one model resampled together.

    Args:
        terms: those with weight 0 are not measured with; their runs that were left out are told all the same.
    """
    found = estimate([Term(runs.by_seed, weight, runs.model) for weight, runs in terms if weight])
    left_out = [f"{runs.name}, seed {seed} ({why})" for _, runs in terms for seed, why in sorted(runs.left_out.items())]
    absent = [runs.name for weight, runs in terms if weight and not (runs.by_seed or runs.left_out)]
    notes = [
        note,
        f"left out: {'; '.join(left_out)}" if left_out else "",
        f"no data of {'; '.join(absent)}" if absent else "",
        "one seed: no interval" if found and found.low is None else "",
    ]
    part = Part(
        label=label,
        quantity=quantity,
        value=found.value if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        bar=bar.value,
        relation=bar.relation,
        verdict=part_verdict(found, bar),
        seeds=found.seeds if found else 0,
        left_out=len(left_out),
        note=". ".join(filter(None, notes)),
    )
    return Quantity(name, part, frozenset().union(*(runs.sources for _, runs in terms)), beside)


def said(quantities: Sequence[Quantity], write: Write) -> str:
    """Several quantities, one after the other."""
    return ", ".join(quantity.said(write) for quantity in quantities)


def concluded(identifier: str, models: Sequence[str], evidence: Evidence) -> Claim:
    """The claim with the verdict that follows from its evidence."""
    claimed, parts = CLAIMED[identifier], [quantity.part for quantity in evidence.quantities]
    verdict = claim_verdict([part.verdict for part in parts], evidence.complete)
    if verdict == "not run":
        left_out = any(part.left_out for part in parts)
        why = "every run there is was left out" if left_out else "this study has no data for it"
        evidence = replace(evidence, statement=f"Not run on {listed(models)}: {why}.")
    return Claim(
        id=identifier,
        claim=claimed.claim,
        where=claimed.where,
        model=" against ".join(models),
        verdict=verdict,
        statement=evidence.statement,
        parts=parts,
        sources=sorted(frozenset().union(*(quantity.sources for quantity in evidence.quantities))),
        note=evidence.note,
    )


def without_model(identifier: str, settings: Settings) -> Claim:
    """The claim where nothing in the study stands for a model that it is about."""
    claimed = CLAIMED[identifier]
    missing = [PAPER_MODELS[role] for role in claimed.roles if settings.roles.get(role) is None]
    return Claim(
        id=identifier,
        claim=claimed.claim,
        where=claimed.where,
        model=None,
        verdict=claim_verdict([]),
        statement=f"Not run: no model of this study stands for {listed(missing)}.",
        parts=[],
        sources=[],
        note="",
    )
