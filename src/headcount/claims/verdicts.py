"""What a verdict is made of, how a claim's follows from its parts', and the JSON schema of ``claims.json``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field

from headcount.claims.bars import PaperName, Relation, Role
from headcount.settings.values import Count, Strict

Verdict = Literal["supported", "contradicted", "inconclusive", "not run"]
PartVerdict = Literal["supported", "contradicted", "inconclusive", "not run", "not measurable here"]
Number = Annotated[int, Field(ge=0)]
IDS = "^(C([1-9]|10)|[NW][1-8]|L[1-6])$"
"""Of claims, by paper."""


class Measured(Strict):
    """A quantity, with its interval over seeds and examples; where it is exact, there is no such thing."""

    label: str = Field(description="What it was measured on: a task, or what is compared.")
    quantity: str = Field(description="What was measured.")
    value: float | None = Field(description="Mean over seeds; null where there is no data.")
    low: float | None = Field(description="Lower bound of its interval; null with fewer than two seeds.")
    high: float | None = Field(description="Upper bound.")
    seeds: Number = Field(description="Seeds that the value is a mean of; if it is made of several means, of that with fewest.")
    note: str = Field(description="Which runs were left out, the chance level, why nothing was measured.")
    exact: bool = Field(
        default=False, description="It is counted in the model itself: there are no seeds, no examples and no interval."
    )
    published: str = Field(default="", description="The value that the claim's paper gives for it, where it gives one.")


class Part(Measured):
    """One measured quantity of a claim, held against its bar."""

    error_of_seeds: float | None = Field(description="Standard error over the seeds (of Fisher's z for a correlation).")
    freedom: float | None = Field(description="Its degrees of freedom.")
    error_of_examples: float | None = Field(description="Standard error over the examples; over the heads for a correlation.")
    bar: float = Field(description="What the value is held against.")
    relation: Relation = Field(description="Where the value should lie; `within`: between minus and plus the bar.")
    verdict: PartVerdict = Field(description="Follows from the interval, the bar and the claim's other parts (Holm's rule).")
    left_out: Number = Field(description="Runs left out, since they collapsed or their relative score is undefined.")
    seeds_to_decide: Count | None = Field(
        description="Seeds that would decide it at the variance seen; null where it is decided, or no number of seeds would do."
    )


class Beside(Measured):
    """A quantity that stands beside a claim, to read it by; no verdict follows from it."""


class Claim(Strict):
    """A claim of the paper, what was measured, and what follows."""

    id: Annotated[str, Field(pattern=IDS)] = Field(description="As in the project's definitions.")
    paper: PaperName = Field(default="heads", description="What the paper that makes it is about.")
    claim: str = Field(description="What its paper says.")
    where: str = Field(description="Its paper's section and figure.")
    model: str | None = Field(
        description="The study's model, or models, that it was measured on, and what they stand for; null if it has none."
    )
    verdict: Verdict = Field(description="Follows from the parts' verdicts.")
    statement: str = Field(description="What was measured, as a sentence.")
    parts: list[Part] = Field(description="The quantities.")
    beside: list[Beside] = Field(description="Controls and other readings.")
    to_decide: str = Field(description="What it would take to decide, where the verdict is inconclusive.")
    sources: list[str] = Field(description="The files that they were computed from.")
    note: str = Field(description="How the paper was read.")


class Verdicts(Strict):
    """The content of ``claims.json``."""

    study: str = Field(description="Name of the study.")
    roles: dict[Role, str | None] = Field(description="The study's model that stands for each of the paper's.")
    confidence: Annotated[float, Field(gt=0, lt=1)] = Field(description="Of the intervals.")
    resamples: Count = Field(description="Of the examples, for each interval.")
    claims: list[Claim] = Field(description="In the paper's order; the paper on heads comes first.")
    encoders: list[str] = Field(
        default=[], description="The models that the claims about features are judged on, the one that each is about first."
    )
    pruned: list[str] = Field(
        default=[], description="The models that lose single weights; the claims about weights are judged on the first."
    )

    multilingual: str | None = Field(default=None, description="The model that the claims about languages are judged on.")
    monolingual: str | None = Field(default=None, description="The one of the same shape that it is held against, if any.")

    def as_json(self) -> dict[str, Any]:
        """The content of ``claims.json``: what is as it would be without having been said is left out."""
        return self.model_dump(mode="json", exclude_defaults=True)


def schema() -> dict[str, Any]:
    """The JSON schema of ``claims.json``."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Verdicts.model_json_schema()}


def claim_verdict(verdicts: Iterable[PartVerdict], complete: bool = True) -> Verdict:
    """What the parts' verdicts amount to. None was measured: not run; all were, and hold: supported.

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
