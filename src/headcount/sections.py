"""The sections of a config file: what each may hold, and what it defaults to."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from headcount.encoders import FAMILIES
from headcount.strict import (
    Chosen,
    Count,
    Decay,
    Distinct,
    Estimator,
    Fraction,
    Name,
    Norm,
    PlainValue,
    Seed,
    Share,
    Strict,
    Task,
)


class World(Strict):
    """The embedded world, a small language with its own encyclopedia and tasks: how much of it is generated.

    It is read only where `glue` or `corpus` has the source `embedded`.
    """

    seed: Seed = Field(default=1, description="Seed of everything in the embedded world.")
    articles: Count = Field(default=600, description="Articles in its corpus.")
    first_article: int = Field(
        default=0, ge=0, description="Number of the first article; article i of a seed is the same everywhere."
    )
    train: dict[Task, Count] = Field(
        default={"cola": 4000, "sst2": 2000, "qqp": 4000, "mnli": 6000}, description="Training examples per task."
    )
    validation: Count = Field(default=400, description="Validation examples of each task.")


class Source(Strict):
    """Data come from the embedded world, from a local path in the Hub's layout, or from the Hub."""

    source: str = Field(description="`embedded`, a local directory in the Hub's layout, or a data set's name on the Hub.")
    revision: str | None = Field(default=None, description="Commit, tag or branch on the Hub; unset: the newest.")
    max_train: Count | None = Field(
        default=None, description="At most this many training examples of each task, a seeded sample; unset: all."
    )


class CorpusSource(Strict):
    """Articles come from the embedded world, from local files, or from the Hub; a seeded share of them is taken."""

    source: str = Field(description="`embedded`, a local directory of parquet files, or a data set's name on the Hub.")
    subset: str | None = Field(
        default=None,
        description="Configuration of the data set, as `20231101.en`; of a local directory, its subfolder.",
    )
    revision: str | None = Field(default=None, description="Commit, tag or branch on the Hub; unset: the newest.")
    fraction: Share = Field(
        default=0.1, description="Share of the articles, by a seeded rule on the article id (the paper: 0.1, App. C)."
    )
    seed: Seed = Field(default=1, description="Seed of that rule.")
    max_articles: Count | None = Field(
        default=None, description="Of those, at most this many, the first in the rule's own order; unset: all."
    )

    @model_validator(mode="before")
    @classmethod
    def _embedded_has_no_subset(cls, given: Any) -> Any:
        """Forget the subset that a merge may leave beside ``source: embedded``."""
        return {**given, "subset": None} if isinstance(given, dict) and given.get("source") == "embedded" else given


class Pretrain(Strict):
    """Pre-training from scratch by masked language modelling, on the study's corpus.

    The paper pre-trains nothing; the embedded world's encoders are made so.
    """

    shape: dict[str, PlainValue] = Field(
        description="Settings of the model's configuration class: `hidden_size`, `num_hidden_layers`, …"
    )
    vocabulary: Count = Field(description="Size of the tokenizer's vocabulary.")
    block_tokens: Count = Field(default=128, description="Articles are cut into blocks of at most this many tokens.")
    pairs: Fraction = Field(
        default=0.0, description="Share of the blocks given as two segments, in the model's format for pairs of texts."
    )
    mask: Share = Field(default=0.15, description="Share of the tokens masked.")
    steps: Count = Field(description="Optimiser steps.")
    batch: Count = Field(default=64, description="Blocks per step.")
    learning_rate: float = Field(default=1e-3, gt=0, description="Peak learning rate; linear warm-up and decay.")
    warmup: Fraction = Field(default=0.05, description="Share of the steps spent warming up.")
    weight_decay: float = Field(default=0.01, ge=0, description="AdamW's weight decay.")
    seed: Seed = Field(default=1, description="Seed of weights, order and masks.")


class Encoder(Strict):
    """A pre-trained model: where it comes from (`source`), or how it is made (`pretrain`); exactly one of the two."""

    family: Literal["bert", "roberta", "albert"] = Field(description="The architecture's `model_type`.")
    source: str | None = Field(
        default=None, description="`embedded` (it ships with the package), a local directory, or a name on the Hub."
    )
    revision: str | None = Field(default=None, description="Commit, tag or branch on the Hub; unset: the newest.")
    random_weights: bool = Field(
        default=False,
        description="Keep its architecture and tokenizer, and draw its weights anew: the control for pre-training.",
    )
    pretrain: Pretrain | None = Field(default=None, description="Make it here, from the study's corpus, instead of loading it.")
    heads: Count | None = Field(
        default=None, description="Heads of the whole model that can be pruned, for planning; checked against it."
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Encoder:
        if (self.source is None) == (self.pretrain is None):
            raise ValueError("give exactly one of `source` and `pretrain`")
        return self

    @property
    def shared(self) -> bool:
        """Whether the layers share their heads."""
        return FAMILIES[self.family].shared


class Recipe(Strict):
    """How a model is fine-tuned on a task: what `default` says, overridden by what the task's own part says.

    The two together give at least `learning_rate`, `batch`, and either `epochs` or `steps`; `null` in a task's part
    takes back what `default` says.
    """

    learning_rate: float = Field(gt=0, description="Peak learning rate; linear warm-up, then linear decay to 0.")
    batch: Count = Field(description="Examples per optimiser step.")
    micro_batch: Count | None = Field(
        default=None,
        description="At most so many of them at once, a divisor of `batch`; gradients add up. Unset: as many as memory holds.",
    )
    epochs: float | None = Field(
        default=None, gt=0, description="Passes over the training set; exactly one of `epochs` and `steps`."
    )
    steps: Count | None = Field(default=None, description="Optimiser steps; exactly one of `epochs` and `steps`.")
    warmup_ratio: Fraction | None = Field(default=None, description="Share of the steps spent warming up.")
    warmup_steps: int | None = Field(default=None, ge=0, description="Steps spent warming up, instead of a share.")
    weight_decay: float = Field(default=0.0, ge=0, description="AdamW's weight decay.")
    betas: tuple[Decay, Decay] = Field(default=(0.9, 0.999), strict=False, description="AdamW's betas.")
    epsilon: float = Field(default=1e-8, gt=0, description="AdamW's epsilon.")
    max_gradient_norm: float = Field(default=1.0, gt=0, description="Gradients are clipped to this l2 norm.")
    dropout: Fraction | None = Field(default=None, description="Dropout of the encoder's body; unset: the model's own.")
    classifier_dropout: Fraction | None = Field(
        default=None, description="Dropout before the classifier; unset: the model's own."
    )
    max_length: int = Field(default=128, gt=3, description="Texts and pairs are cut to this many tokens.")
    save_steps: Count = Field(default=500, description="A killed fine-tuning loses at most this many steps.")

    @model_validator(mode="after")
    def _one_length(self) -> Recipe:
        if (self.epochs is None) == (self.steps is None):
            raise ValueError("give exactly one of `epochs` and `steps`")
        if self.warmup_ratio is not None and self.warmup_steps is not None:
            raise ValueError("give at most one of `warmup_ratio` and `warmup_steps`")
        if self.micro_batch is not None and self.batch % self.micro_batch:
            raise ValueError(f"`micro_batch` {self.micro_batch} does not divide `batch` {self.batch}")
        return self


RecipePart = Annotated[dict[str, Any], Field(json_schema_extra={"x-part-of": "Recipe"})]


class Importance(Strict):
    """How a head's importance is estimated (§3.2): the size of the loss's gradient with respect to the head's gate."""

    estimator: Estimator = Field(
        default="per_example", description="`per_example` is Eq. 2; the others are what peers compute."
    )
    batch: Count = Field(
        default=32, description="Examples per batch of `per_batch` and `running_sum`; the others' value has none."
    )
    fractions: dict[Task, Share] = Field(
        default={"cola": 1.0, "sst2": 1.0, "qqp": 0.2, "mnli": 0.2},
        description="Share of the training set, drawn anew for each seed (App. C).",
    )
    max_examples: Count | None = Field(default=None, description="At most this many examples, for quick studies; unset: all.")


class Pruning(Strict):
    """The pruning curve (§3.3): heads are removed, the least important first, and the model is scored on the way."""

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
    max_examples: Count | None = Field(default=None, description="At most this many examples, for quick studies; unset: all.")


class Freezing(Strict):
    """Fine-tuning with the embeddings and the lowest layers held fixed (§5)."""

    models: Chosen[Name] = Field(
        default=[], description="Which of `models` are also fine-tuned so; not for those that share their layers."
    )
    layers: Count = Field(default=5, description="How many of the lowest layers do not move (§5: 5).")


class BeforeAfter(Strict):
    """Heads removed before fine-tuning, in the pre-train task's order, against heads removed after it."""

    models: Chosen[Name] = Field(default=[], description="Which of `models` are pruned before they are fine-tuned.")
    tasks: Chosen[Task] = Field(default=["cola", "sst2", "qqp", "mnli"], description="On which of `tasks`.")
    fractions: Distinct[Share] = Field(
        default=[0.25, 0.5, 0.75],
        description="Shares of the heads removed before fine-tuning, rounded as a curve's points.",
    )


class Roles(Strict):
    """Which encoders the paper's claims are about. A claim about one that is not among `models` is not run."""

    main: Name | None = Field(default=None, description="Stands for RoBERTa-large.")
    shared: Name | None = Field(default=None, description="Stands for ALBERT-base-v1.")
    appendix: Name | None = Field(default=None, description="Stands for ALBERT-xxlarge-v2 (App. D): figure 5.")
