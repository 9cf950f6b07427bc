"""What jobs are told: settings of the config, resolved for one job. They travel as JSON and come out as these models."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from headcount.settings.values import Count, Estimator, Fraction, Name, Norm, Seed, Share, Strict
from headcount.settings.weights import Scope, SparseTraining, Trained


class RunName(Strict):
    """Which run a table's row is of."""

    study: Name
    model: Name
    task: str
    seed: Seed


class CurveName(RunName):
    """Which curve: what is removed, in whose order."""

    unit: str
    criterion: str
    norm: Norm


class Sample(Strict):
    """Which examples of a task a network is asked about, and how: ``max_length`` of texts, ``mask`` of blocks."""

    fraction: Share = 1.0
    at_most: Count | None = None
    max_length: Count | None = None
    mask: Share | None = None


class ImportanceSample(Sample):
    """The examples that importance is estimated on, and by what."""

    estimator: Estimator
    batch: Count


class CurvePoints(Strict):
    """What a curve is scored on, where its points lie, and what importance is estimated on if it is estimated again."""

    score: Sample
    importance: ImportanceSample
    step: Share
    every_unit_up_to: int


class CurveSettings(CurvePoints):
    """How a curve is made."""

    schedule: Literal["one_shot", "iterative"]


class SparsePretraining(SparseTraining):
    """How masked pre-training goes on while weights go: which, and how many; and what it is asked in the end."""

    criterion: Literal["magnitude", "random"]
    fraction: Fraction
    scope: Scope
    score: Sample


class WeightCurve(Strict):
    """Where the points of a curve of single weights lie, and what it is scored on."""

    criterion: Literal["magnitude", "pretrain_magnitude", "random"]
    fractions: list[Fraction]
    scope: Scope
    score: Sample


class SparsePoint(Strict):
    """A fine-tuning of a model that has lost single weights."""

    arm: Trained
    criterion: Literal["magnitude", "random"]
    fraction: Fraction
    scope: Scope


class Removal(Strict):
    """What a model loses: units by a criterion, a share of them; or all heads of some of its layers.

    ``point`` names it in paths and tables. Of a random order ``draw`` says which. Layers are counted from 1, the lowest; or
    ``part`` says which of how many equal parts of them, lowest first.
    """

    point: str
    unit: str
    criterion: str
    fraction: Share | None = None
    draw: Count | None = None
    layers: list[Count] | None = None
    part: tuple[int, int] | None = Field(default=None, strict=False)


class LanguageSettings(Strict):
    """What a model is asked in several languages: texts of at most so many tokens, whole and without some of its heads."""

    max_length: Count
    removals: list[Removal]


class OutlierBounds(Strict):
    """What counts as an outlier: ``headcount.analysis.features.Bounds``."""

    sigma: float
    share: Fraction
    joint: bool


class AblationSettings(Strict):
    """Which examples a model is asked without some features, and how those are removed."""

    score: Sample
    draws: Count
    replace: list[Literal["zero", "mean"]]


class FollowSettings(Strict):
    """What the snapshots of a pre-training are asked."""

    score: Sample
    bounds: OutlierBounds


class ReadingsSettings(CurvePoints):
    """What other readings of the paper are compared by."""

    level: Fraction
