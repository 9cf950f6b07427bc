"""The config's sections on what is measured: importance, curves, transfer, divergence."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from headcount.settings.values import (
    Arm,
    Chosen,
    Count,
    Decay,
    Distinct,
    Estimator,
    Fraction,
    LayerCriterion,
    LayerUnit,
    Name,
    Norm,
    Share,
    Strict,
    Task,
)


class Importance(Strict):
    """How a head's importance is estimated (§3.2): the size of the loss's gradient with respect to the head's gate."""

    estimator: Estimator = Field(
        default="per_example",
        description="`per_example` is Eq. 2; `per_example_normalized` gives every example the same say; the others are what"
        " peers compute.",
    )
    batch: Count = Field(
        default=32, description="Examples per batch of `per_batch` and `running_sum`; the others' value has none."
    )
    fractions: dict[Task, Share] = Field(
        default={"cola": 1.0, "sst2": 1.0, "qqp": 0.2, "mnli": 0.2},
        description="Share of the training set, drawn anew for each seed (App. C).",
    )
    max_examples: Count | None = Field(
        default=None,
        description="At most this many training examples of a downstream task, for quick studies; unset: all. Masked LM's are"
        " limited by `mlm.max_blocks`.",
    )


class Pruning(Strict):
    """The pruning curve (§3.3): heads are removed, the least important first, and the model is scored on the way."""

    models: Chosen[Name] | None = Field(
        default=None, description="Which of `models` have their heads studied: importance, curves, divergence; unset: all."
    )
    step: Share = Field(default=0.05, description="Distance of the pruned fractions at which the model is scored.")
    every_head_up_to: int = Field(
        default=24, ge=0, description="A model with at most this many heads is scored after every head."
    )
    schedule: Literal["one_shot", "iterative"] = Field(
        default="one_shot", description="`iterative` estimates the importance again after each step."
    )
    validation_fractions: dict[Task, Share] = Field(
        default={}, description="Share of the validation set that is scored; unset: 1 (App. C: 0.1 for QQP and MNLI)."
    )


class MaskedLM(Strict):
    """The pre-train task (§4), masked language modelling; its importance and curve are made as any task's."""

    block_tokens: Count = Field(default=510, description="Articles are cut into blocks of at most this many tokens.")
    mask: Share = Field(default=0.15, description="Share of the tokens masked.")
    max_blocks: Count | None = Field(
        default=None, description="At most this many blocks, drawn anew for each seed; unset: all."
    )


class Transfer(Strict):
    """How well the heads that the pre-train task requires cover those that a downstream task requires (§4, Eq. 5)."""

    norm: Norm = Field(
        default="l1", description="Norm whose orders and curves are read, also before fine-tuning and by the claims (§3.3: l1)."
    )
    levels: Distinct[Fraction] = Field(
        default=[0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95],
        description="Levels x of relative performance on the pre-train task (Fig. 3).",
    )
    downstream_level: Fraction = Field(default=0.9, description="Level of relative performance on a downstream task.")
    crossing: Literal["first_crossing", "last_crossing"] = Field(
        default="first_crossing",
        description="Where a curve that wiggles falls below a level; both stand in the table, this one in figures and claims.",
    )


class Divergence(Strict):
    """How far fine-tuning moves each head's attention and each layer's hidden states (§5, Fig. 4)."""

    data: Literal["train", "validation"] = Field(default="train", description="The set whose texts both models read.")
    fractions: dict[Task, Share] = Field(
        default={"cola": 1.0, "sst2": 1.0, "qqp": 0.25, "mnli": 0.25},
        description="Share of that set, drawn anew for each seed (App. C).",
    )
    max_examples: Count | None = Field(
        default=None, description="At most this many examples of each task, for quick studies; unset: all."
    )


class Freezing(Strict):
    """Fine-tuning with the lowest layers held fixed (§5)."""

    models: Chosen[Name] = Field(
        default=[], description="Which of `models` are also fine-tuned so; not for those that share their layers."
    )
    layers: Count = Field(default=5, description="How many of the lowest layers do not move (§5: 5).")
    arms: Distinct[Arm] = Field(
        default=["layers", "layers and embeddings"],
        description="What is held fixed; the paper says layers and is silent on the embeddings. The claims read `layers`.",
    )


class BeforeAfter(Strict):
    """Heads removed before fine-tuning, in the pre-train task's order, against heads removed after it."""

    models: Chosen[Name] = Field(default=[], description="Which of `models` are pruned before they are fine-tuned.")
    tasks: Chosen[Task] = Field(default=["cola", "sst2", "qqp", "mnli"], description="On which of `tasks`.")
    fractions: Distinct[Share] = Field(
        default=[0.25, 0.5, 0.75],
        description="Shares of the heads removed before fine-tuning, rounded as a curve's points.",
    )


class LayerPruning(Strict):
    """Whole layers removed beside single heads: all heads of a layer, or the layer skipped. Not in the paper."""

    models: Chosen[Name] = Field(
        default=[], description="Which of `models` also lose layers; not those that share their layers."
    )
    units: Distinct[LayerUnit] = Field(
        default=["layer_heads", "layer"], description="`layer_heads`: all heads of a layer; `layer`: the layer is skipped."
    )
    criteria: Distinct[LayerCriterion] = Field(
        default=["gate_gradient", "top"],
        description="Which layers go first: those whose heads are least important together, or the top ones.",
    )


class Outliers(Strict):
    """Features that stand far out in the layers' output LayerNorms, and what disabling them does (Kovaleva et al. 2021)."""

    models: Chosen[Name] = Field(default=[], description="Which of `models` are studied so.")
    sigma: float = Field(default=3.0, gt=0, description="Standard deviations from a layer's mean, beyond which it stands out.")
    share: Decay = Field(default=0.25, description="An outlier of the model is one in more than this share of its layers.")
    joint: bool = Field(default=True, description="Whether scale and bias must both stand out, or one of them.")
    draws: Count = Field(default=10, description="Random sets of as many other features, in each run.")
    replace: Distinct[Literal["zero", "mean"]] = Field(
        default=["zero", "mean"],
        description="What takes a feature's place: `zero`, or `mean`, what it is on average over the tokens that are asked.",
    )


class Roles(Strict):
    """Which encoders the paper's claims are about. A claim about one that is not among `models` is not run."""

    main: Name | None = Field(default=None, description="Stands for RoBERTa-large.")
    shared: Name | None = Field(default=None, description="Stands for ALBERT-base-v1.")
    appendix: Name | None = Field(default=None, description="Stands for ALBERT-xxlarge-v2 (App. D): figure 5.")
