"""What a verdict is made of, how it follows from an interval and a bar, and the JSON schema of ``claims.json``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field

from headcount.analysis.required import ROUNDING
from headcount.claims.bars import Bar, Relation, Role
from headcount.claims.statistics import Estimate
from headcount.settings.values import Count, Strict

Verdict = Literal["supported", "contradicted", "inconclusive", "not run"]
Number = Annotated[int, Field(ge=0)]


class Part(Strict):
    """One measured quantity of a claim, held against its bar."""

    label: str = Field(description="What it was measured on: a task, or what is compared.")
    quantity: str = Field(description="What was measured.")
    value: float | None = Field(description="Mean over seeds; null where there is no data.")
    low: float | None = Field(description="Lower bound of the bootstrap interval over seeds; null with fewer than two.")
    high: float | None = Field(description="Upper bound.")
    bar: float = Field(description="What the value is held against.")
    relation: Relation = Field(description="Where the value should lie; `within`: between minus and plus the bar.")
    verdict: Verdict = Field(description="Follows from the interval and the bar.")
    seeds: Number = Field(description="Seeds that the value is a mean of; if it is made of several means, of that with fewest.")
    left_out: Number = Field(description="Runs left out, since they collapsed or their relative score is undefined.")
    note: str = Field(description="Which runs were left out, the chance level, why nothing was measured.")


class Claim(Strict):
    """A claim of the paper, what was measured, and what follows."""

    id: Annotated[str, Field(pattern="^C[1-9]$")] = Field(description="As in the project's definitions.")
    claim: str = Field(description="What the paper says.")
    where: str = Field(description="The paper's section and figure.")
    model: str | None = Field(description="The study's model, or models, that it was measured on; null if it has none.")
    verdict: Verdict = Field(description="Follows from the parts' verdicts.")
    statement: str = Field(description="What was measured, as a sentence.")
    parts: list[Part] = Field(description="The quantities.")
    sources: list[str] = Field(description="The files that they were computed from.")
    note: str = Field(description="How the paper was read.")


class Verdicts(Strict):
    """The content of ``claims.json``."""

    study: str = Field(description="Name of the study.")
    roles: dict[Role, str | None] = Field(description="The study's model that stands for each of the paper's.")
    confidence: Annotated[float, Field(gt=0, lt=1)] = Field(description="Of the intervals.")
    resamples: Count = Field(description="Of the seeds, for each interval.")
    claims: list[Claim] = Field(description="In the paper's order.")


def schema() -> dict[str, Any]:
    """The JSON schema of ``claims.json``."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Verdicts.model_json_schema()}


def meets(value: float, bar: Bar) -> bool:
    """Whether a number lies where the bar wants it; what rounding alone puts beside the bar lies on it."""
    if bar.relation == ">":
        return value > bar.value + ROUNDING
    if bar.relation == ">=":
        return value >= bar.value - ROUNDING
    if bar.relation == "<":
        return value < bar.value - ROUNDING
    return abs(value) <= bar.value + ROUNDING


def part_verdict(measured: Estimate | None, bar: Bar) -> Verdict:
    """Supported, or contradicted, if the whole interval lies on that side of the bar; inconclusive without an interval."""
    if measured is None:
        return "not run"
    if measured.low is None or measured.high is None:
        return "inconclusive"
    ends = [meets(end, bar) for end in (measured.low, measured.high)]
    if all(ends):
        return "supported"
    around = bar.relation == "within" and measured.low < 0 < measured.high
    return "inconclusive" if any(ends) or around else "contradicted"


def claim_verdict(verdicts: Iterable[Verdict], complete: bool = True) -> Verdict:
    """What the parts' verdicts amount to.

    Args:
        verdicts: of all parts that the paper's claim has, those that were not run among them.
        complete: whether the parts cover all that the paper's do; if not, they cannot support it.
    """
    found = set(verdicts)
    if "contradicted" in found:
        return "contradicted"
    if found <= {"not run"}:
        return "not run"
    return "supported" if found == {"supported"} and complete else "inconclusive"
