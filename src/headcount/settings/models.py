"""The config's sections on models: where they come from, how they are made and fine-tuned."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from headcount.families import shares_layers
from headcount.settings.values import Chosen, Count, Decay, FamilyName, Fraction, PlainValue, Seed, Share, Strict, Task


class MaskedTraining(Strict):
    """How a model learns by masked language modelling."""

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
    seed: Seed = Field(default=1, description="Seed of new weights, order and masks.")


class Pretrain(MaskedTraining):
    """Pre-training by masked language modelling, on the study's corpus: going on from a model that exists (`from`), or from
    scratch (`shape` and `vocabulary`).

    The paper pre-trains nothing; the embedded world's encoders are made so. A model without a head for masked LM gets one.
    """

    origin: str | None = Field(
        default=None,
        alias="from",
        description="The model to go on from, as `source` names one; its tokenizer is kept, and a head for masked LM is added"
        " where it has none.",
    )
    revision: str | None = Field(default=None, description="Of `from`: commit, tag or branch on the Hub; unset: the newest.")
    finetune_from: Literal["pretrained", "original"] = Field(
        default="pretrained",
        description="Where fine-tuning starts: from the model as it went on here, so that masked LM and tasks rank the heads of"
        " one body; or from `from` as it was published.",
    )
    dropout: Fraction | None = Field(
        default=None,
        description="Dropout of the body of `from` while it goes on; unset: its own, with which it is fine-tuned either way.",
    )
    shape: dict[str, PlainValue] | None = Field(
        default=None,
        description="From scratch: settings of the model's configuration class, `hidden_size`, `num_hidden_layers`, …",
    )
    vocabulary: Count | None = Field(default=None, description="From scratch: size of the tokenizer's vocabulary.")
    snapshots: Chosen[int] = Field(
        default=[],
        description="Steps after which the model is kept as it then is, below `pretrained/snapshots/`; 0: before the first.",
    )

    @model_validator(mode="after")
    def _from_scratch_or_from_a_model(self) -> Pretrain:
        if self.snapshots and (min(self.snapshots) < 0 or max(self.snapshots) != self.steps):
            raise ValueError(f"snapshots: {self.snapshots} should be steps from 0 to {self.steps}, the last one among them")
        if self.origin is None:
            if (missing := next((name for name in ("shape", "vocabulary") if getattr(self, name) is None), None)) is not None:
                raise ValueError(f"`{missing}` is missing; give `from`, or both `shape` and `vocabulary`")
            told = {
                "revision": self.revision,
                "dropout": self.dropout,
                "finetune_from": self.finetune_from == "original" or None,
            }
            if (key := next((name for name, value in told.items() if value is not None), None)) is not None:
                raise ValueError(f"`{key}` is about the model that `from` names; give `from` too, or leave it out")
        else:
            for name in ("shape", "vocabulary"):
                if getattr(self, name) is not None:
                    raise ValueError(f"`{name}` is that of the model that `from` names; allowed beside `from` is null")
        return self

    @model_serializer(mode="wrap")
    def _without_what_does_not_apply(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A job is told nothing of the other way to pre-train: keys of that one change nothing for it."""
        without = ("from", "revision", "dropout", "finetune_from") if self.origin is None else ("shape", "vocabulary")
        unset = () if self.snapshots else ("snapshots",)
        return {name: value for name, value in write(self).items() if name not in (*without, *unset)}


class FineTuned(Strict):
    """Each is copied as it is, and never written to."""

    source: str = Field(
        description="A local directory, or a name on the Hub; `{seed}` in it stands for the seed, where there are several."
    )
    revision: str | None = Field(default=None, description="Commit, tag or branch on the Hub; unset: the newest.")
    max_length: int = Field(default=128, gt=3, description="Texts and pairs are cut to this many tokens.")

    def of_seed(self, seed: int) -> FineTuned:
        """The model of one seed."""
        return self.model_copy(update={"source": self.source.replace("{seed}", str(seed))})


class Spike(Strict):
    """A known outlier: added to a feature where every layer ends, and taken back in all that reads it."""

    feature: int = Field(ge=0, description="Which entry of the hidden states.")
    bias: float = Field(allow_inf_nan=False, description="What is added to its bias in every layer's output LayerNorm.")


class Encoder(Strict):
    """A pre-trained model: where it comes from (`source`), or how it is made (`pretrain`); exactly one of the two."""

    family: FamilyName = Field(description="The architecture's `model_type`.")
    source: str | None = Field(
        default=None, description="`embedded` (it ships with the package), a local directory, or a name on the Hub."
    )
    revision: str | None = Field(default=None, description="Commit, tag or branch on the Hub; unset: the newest.")
    random_weights: bool = Field(
        default=False,
        description="Keep its architecture and tokenizer, and draw its weights anew: the control for pre-training.",
    )
    spike: Spike | None = Field(
        default=None, description="Put an outlier into its LayerNorms that changes nothing until the feature is disabled."
    )
    pretrain: Pretrain | None = Field(default=None, description="Make it here, from the study's corpus, instead of loading it.")
    finetuned: dict[Task, FineTuned] = Field(
        default={}, description="By task: models of your own that are fine-tuned already, and need no recipe."
    )
    heads: Count | None = Field(
        default=None, description="Heads of the whole model that can be pruned, for planning; checked against it."
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Encoder:
        if (self.source is None) == (self.pretrain is None):
            raise ValueError("give exactly one of `source` and `pretrain`")
        if self.spike and self.shared:
            raise ValueError(f"`spike` needs layers of their own; {self.family} shares its layers: allowed is null")
        if self.spike and self.finetuned:
            raise ValueError("`finetuned` has models that were fine-tuned without the spike; allowed beside `spike` is none")
        if self.pretrain is None:
            return self
        if self.revision is not None:
            raise ValueError("`revision` is about `source`; beside `pretrain` allowed is null, and `pretrain.revision`")
        if self.random_weights:
            raise ValueError("`random_weights` is about `source`; beside `pretrain` allowed is false")
        if self.spike:
            raise ValueError("`spike` is about `source`; beside `pretrain` allowed is null")
        if self.finetuned and self.way == "further" and not self.finetunes_original:
            raise ValueError(
                "`finetuned` has models that were fine-tuned from another body than the one that `pretrain` goes on to;"
                " allowed with `pretrain.from` is that only beside `pretrain.finetune_from: original`"
            )
        return self

    @model_serializer(mode="wrap")
    def _without_what_does_not_apply(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A job is told nothing of a spike that is not there."""
        return {name: value for name, value in write(self).items() if name != "spike" or value is not None}

    @property
    def alone(self) -> Encoder:
        """The pre-trained model without what is fine-tuned from it."""
        pretrain = self.pretrain and self.pretrain.model_copy(update={"finetune_from": "pretrained"})
        return self.model_copy(update={"finetuned": {}, "pretrain": pretrain})

    @property
    def fetched(self) -> Encoder | None:
        """The model that comes from elsewhere, by its `source`: this one, or the one that it goes on from; else none."""
        if self.pretrain is None:
            return self.alone
        if self.pretrain.origin is None:
            return None
        return Encoder(family=self.family, source=self.pretrain.origin, revision=self.pretrain.revision, heads=self.heads)

    @property
    def fetched_by(self) -> str:
        """The key, below the encoder's own, that names that model."""
        return "source" if self.pretrain is None else "pretrain.from"

    @property
    def way(self) -> Literal["fetched", "from scratch", "further"]:
        """How it is made: taken as it is, pre-trained here from scratch, or from a model that exists."""
        if self.pretrain is None:
            return "fetched"
        return "from scratch" if self.pretrain.origin is None else "further"

    @property
    def snapshots(self) -> list[int]:
        """Steps of its pre-training after which it is kept, ascending."""
        return sorted(self.pretrain.snapshots) if self.pretrain else []

    @property
    def finetunes_original(self) -> bool:
        """Whether fine-tuning starts from the model that it went on from."""
        return self.pretrain is not None and self.pretrain.finetune_from == "original"

    @property
    def shared(self) -> bool:
        """Whether the layers share their heads."""
        return shares_layers(self.family)


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
