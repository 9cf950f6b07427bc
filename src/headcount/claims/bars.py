"""What a paper claims, and the bar that a claim has to clear; each paper has its own module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from headcount.phrasing import MINUS, listed, number

Relation = Literal[">", "<", ">=", "within"]
Role = Literal["main", "shared", "appendix", "encoder", "encoders", "followed", "pruned", "multilingual", "monolingual"]
"""What a model of a study is to a claim.

The encoders are all those whose features are looked at, the encoder the first; followed is one that was looked at along its
pre-training, pruned the first of those that lose single weights; multilingual and monolingual are two of one shape.
"""
PaperName = Literal["heads", "features", "weights", "languages"]

Need = Literal["masked LM", "pre-trained model"]
"""What a claim is about besides its models, and a study may leave out."""

ERRORS_ABOVE_ZERO = 5
"""A relative score is read only where the unpruned score is so many standard errors above zero."""


@dataclass(frozen=True)
class Paper:
    """A paper whose claims are judged.

    Args:
        name: what it is about.
        apart: how prose names it beside others.
        models: its models, by the role that a model of the study plays for each.
        own: names of models that are its own, whichever role they play.
    """

    name: PaperName
    apart: str
    models: Mapping[Role, str]
    own: frozenset[str] = frozenset()

    def is_own(self, model: str, role: Role) -> bool:
        """Whether a model of the study is that very model of the paper, as its name says."""
        return model.lower() in self.own | {self.models[role].lower()}


@dataclass(frozen=True)
class Level:
    """A level of relative performance that a claim speaks of, and the paper's section."""

    value: float
    where: str


@dataclass(frozen=True)
class Bar:
    """What a measured quantity is held against: ``>``, ``<``, ``>=`` a value, or ``within`` plus or minus it."""

    relation: Relation
    value: float
    where: str


RELATIONS: dict[Relation, str] = {">": "> {}", "<": "< {}", ">=": "≥ {}", "within": "within ±{}"}


def bar_text(relation: Relation, value: float) -> str:
    """A bar as one reads it: > 0.9, within ±0.1."""
    return RELATIONS[relation].format(f"{value:g}".replace("-", MINUS))


def value_text(value: float | None, exact: bool) -> str:
    """A measured value as one reads it: what was counted, and is a whole number, without a point."""
    return number(int(value) if value is not None and exact and float(value).is_integer() else value)


@dataclass(frozen=True)
class Claimed:
    """A claim in the words of the project, ``{main}`` being a model, where its paper makes it, and whom it is about.

    ``needs`` is what a study may leave out without which it, or a part of it, cannot be measured.
    """

    paper: Paper
    claim: str
    where: str
    roles: tuple[Role, ...] = ("main",)
    needs: tuple[Need, ...] = ()

    def of(self, models: Mapping[Role, Sequence[str]]) -> str:
        """The claim about a study's models; about the paper's where nothing stands for them."""
        return self.claim.format(**{role: listed(models.get(role) or [self.paper.models[role]]) for role in self.roles})
