"""The study as configured: what may stand in a config file, what it defaults to, and why something is refused.

Runs nothing. The JSON schema and ``config/README.md`` are generated from these models.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from headcount.encoders import FAMILIES

Task = Literal["cola", "sst2", "qqp", "mnli"]
Norm = Literal["l1", "l2", "none"]
Estimator = Literal["per_example", "per_batch", "per_token", "running_sum"]
Fraction = Annotated[float, Field(ge=0, le=1)]
Share = Annotated[float, Field(gt=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class Strict(BaseModel):
    """Unknown keys are refused, values are not converted, and nothing changes once read."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class World(Strict):
    """The embedded world: how much of it is generated."""

    seed: int = Field(1, description="Seed of everything in the embedded world.")
    articles: int = Field(600, gt=0, description="Articles in its corpus.")
    first_article: int = Field(
        0, ge=0, description="Number of the first article; article i is the same in every study with the same seed."
    )
    train: dict[Task, int] = Field(
        {"cola": 4000, "sst2": 2000, "qqp": 4000, "mnli": 6000}, description="Training examples per task."
    )
    validation: int = Field(400, gt=0, description="Validation examples of each task.")


class Source(Strict):
    """Where data comes from: the embedded world, a local path in the Hub's layout, or a Hub name."""

    source: str = Field(description='"embedded", a local directory in the Hub\'s layout, or a data set\'s name on the Hub.')
    revision: str | None = Field(None, description="Commit, tag or branch on the Hub; unset: the newest.")
    max_train: int | None = Field(
        None, gt=0, description="Take a seeded sample of at most this many training examples of each task; unset: all."
    )


class CorpusSource(Strict):
    """Where the masked-LM corpus comes from, and how much of it is taken."""

    source: str = Field(description='"embedded", a local directory of parquet files, or a data set\'s name on the Hub.')
    subset: str | None = Field(None, description="Configuration of the data set, as `20231101.en`.")
    revision: str | None = Field(None, description="Commit, tag or branch on the Hub; unset: the newest.")
    fraction: Share = Field(0.1, description="Share of the articles, by a seeded rule on the article id (paper: 0.1, App. C).")
    seed: int = Field(1, description="Seed of that rule.")
    max_articles: int | None = Field(
        None, gt=0, description="Of those, at most this many, those of lowest rank in the rule's own order; unset: all."
    )


class Pretrain(Strict):
    """Pre-training from scratch by masked language modelling."""

    shape: dict[str, int | float | str] = Field(
        description="Settings of the model's configuration class: hidden_size, num_hidden_layers, …"
    )
    vocabulary: int = Field(gt=0, description="Size of the tokenizer's vocabulary.")
    block_tokens: int = Field(128, gt=0, description="Articles are cut into blocks of at most this many tokens.")
    pairs: Fraction = Field(
        0.0, description="Share of the blocks given as two segments, in the model's own format for pairs of texts."
    )
    mask: Share = Field(0.15, description="Share of the tokens masked.")
    steps: int = Field(gt=0, description="Optimiser steps.")
    batch: int = Field(64, gt=0, description="Blocks per step.")
    learning_rate: float = Field(1e-3, gt=0, description="Peak learning rate; linear warm-up and decay.")
    warmup: Fraction = Field(0.05, description="Share of the steps spent warming up.")
    weight_decay: float = Field(0.01, ge=0, description="AdamW's weight decay.")
    seed: int = Field(1, description="Seed of weights, order and masks.")


class Encoder(Strict):
    """A pre-trained model: where it comes from, or how it is made."""

    family: Literal["bert", "roberta", "albert"] = Field(description="The architecture's `model_type`.")
    source: str | None = Field(
        None, description='"embedded" (it ships with the package), a local directory, or a name on the Hub.'
    )
    revision: str | None = Field(None, description="Commit, tag or branch on the Hub; unset: the newest.")
    pretrain: Pretrain | None = Field(None, description="Make it here, from the study's corpus, instead of loading it.")
    heads: int | None = Field(
        None, gt=0, description="Heads of the whole model that can be pruned, for planning; checked against the model."
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
    """How a model is fine-tuned on a task."""

    learning_rate: float = Field(gt=0, description="Peak learning rate; linear warm-up, then linear decay to 0.")
    batch: int = Field(gt=0, description="Examples per optimiser step.")
    epochs: float | None = Field(None, gt=0, description="Passes over the training set; exactly one of `epochs` and `steps`.")
    steps: int | None = Field(None, gt=0, description="Optimiser steps; exactly one of `epochs` and `steps`.")
    warmup_ratio: Fraction | None = Field(None, description="Share of the steps spent warming up.")
    warmup_steps: int | None = Field(None, ge=0, description="Steps spent warming up, instead of a share.")
    weight_decay: float = Field(0.0, ge=0, description="AdamW's weight decay.")
    betas: tuple[float, float] = Field((0.9, 0.999), strict=False, description="AdamW's betas.")
    epsilon: float = Field(1e-8, gt=0, description="AdamW's epsilon.")
    max_gradient_norm: float = Field(1.0, gt=0, description="Gradients are clipped to this l2 norm.")
    dropout: Fraction | None = Field(None, description="Dropout of the encoder's body; unset: the model's own.")
    classifier_dropout: Fraction | None = Field(None, description="Dropout before the classifier; unset: the model's own.")
    max_length: int = Field(128, gt=3, description="Texts and pairs are cut to this many tokens.")
    save_steps: int = Field(500, gt=0, description="A killed fine-tuning loses at most this many steps.")

    @model_validator(mode="after")
    def _one_length(self) -> Recipe:
        if (self.epochs is None) == (self.steps is None):
            raise ValueError("give exactly one of `epochs` and `steps`")
        if self.warmup_ratio is not None and self.warmup_steps is not None:
            raise ValueError("give at most one of `warmup_ratio` and `warmup_steps`")
        return self


class Importance(Strict):
    """How a head's importance is estimated (§3.2)."""

    estimator: Estimator = Field("per_example", description="`per_example` is Eq. 2; the others are what peers compute.")
    fractions: dict[Task, Share] = Field(
        {"cola": 1.0, "sst2": 1.0, "qqp": 0.2, "mnli": 0.2},
        description="Share of the training set, drawn anew for each seed (App. C).",
    )
    max_examples: int | None = Field(None, gt=0, description="At most this many examples, for quick studies; unset: all.")


class Pruning(Strict):
    """The pruning curve (§3.3)."""

    step: Share = Field(0.05, description="Distance of the pruned fractions at which the model is scored.")
    every_head_up_to: int = Field(24, ge=0, description="A model with at most this many heads is scored after every head.")
    schedule: Literal["one_shot", "iterative"] = Field(
        "one_shot", description="`iterative` estimates the importance again after each step."
    )
    validation_fractions: dict[Task, Share] = Field(
        {}, description="Share of the validation set that is scored; default 1 (the paper: 0.1 for QQP and MNLI)."
    )


class MaskedLM(Strict):
    """The pre-train task (§4)."""

    block_tokens: int = Field(510, gt=0, description="Articles are cut into blocks of at most this many tokens.")
    mask: Share = Field(0.15, description="Share of the tokens masked.")
    max_blocks: int | None = Field(None, gt=0, description="At most this many blocks, drawn anew for each seed; unset: all.")


class Study(Strict):
    """A whole study."""

    study: Name = Field(description="Name; everything is written to results/<study>/.")
    device: Literal["cpu", "cuda"] = Field(
        "cpu", description="`cuda`: jobs that train or evaluate a network ask for one `gpu` each; `cpu`: for none."
    )
    models: list[Name] = Field(min_length=1, description="Names of the encoders that are studied.")
    tasks: list[Task] = Field(["cola", "sst2", "qqp", "mnli"], min_length=1, description="Downstream tasks that are studied.")
    seeds: list[int] = Field([1, 2, 3, 4, 5], min_length=1, description="Seeds of fine-tuning, samples and masks (§2: five).")
    norms: list[Norm] = Field(["l1", "l2", "none"], min_length=1, description="Norms of Eq. 4 that are compared.")
    encoders: dict[Name, Encoder] = Field(description="Every encoder that `models` may name.")
    glue: Source = Field(description="The downstream tasks' data, in the columns of `nyu-mll/glue`.")
    corpus: CorpusSource = Field(description="The pre-train task's data, in the columns of `wikimedia/wikipedia`.")
    world: World = Field(World(), description="The embedded world, where `glue` or `corpus` come from it.")
    finetuning: dict[Name, dict[Literal["default", "cola", "sst2", "qqp", "mnli"], dict[str, Any]]] = Field(
        description="Recipe per encoder and task: what `default` says, overridden by what the task says."
    )
    importance: Importance = Importance()
    pruning: Pruning = Pruning()
    mlm: MaskedLM = MaskedLM()
    batch_tokens: int = Field(
        16384, gt=0, description="Token budget of a batch where a network is evaluated; changes speed and memory, no number."
    )

    @field_validator("models", "tasks", "seeds", "norms")
    @classmethod
    def _no_repeats(cls, values: list[Any]) -> list[Any]:
        repeated = [value for value, count in Counter(values).items() if count > 1]
        if repeated:
            raise ValueError(f"{repeated[0]!r} stands more than once; each may stand once")
        return values

    @model_validator(mode="after")
    def _names_are_known(self) -> Study:
        for model in self.models:
            if model not in self.encoders:
                raise ValueError(f"models: {model!r} is not among encoders; allowed are {sorted(self.encoders)}")
            for task in self.tasks:
                self.recipe(model, task)
        return self

    def recipe(self, model: str, task: str) -> Recipe:
        """The resolved recipe of a model on a task.

        Raises:
            ValueError: the config gives none, or one that does not hold together.
        """
        table = self.finetuning.get(model)
        if table is None:
            raise ValueError(f"finetuning.{model}: missing; give a recipe for each of `models`")
        try:
            return Recipe.model_validate({**table.get("default", {}), **table.get(task, {})})  # type: ignore[call-overload]
        except ValidationError as error:
            raise ValueError(f"finetuning.{model}.{task}: {_first_complaint(error)}") from None

    def norms_of(self, model: str) -> list[str]:
        """The norms worth a curve: one row of heads has one order, whatever the norm (definition of Eq. 4)."""
        return ["none"] if self.encoders[model].shared else list(self.norms)

    @property
    def all_tasks(self) -> list[str]:
        """The downstream tasks and the pre-train task, ``mlm``."""
        return [*self.tasks, "mlm"]


class ConfigError(ValueError):
    """A config that is refused; the message names the key and what is allowed, in one line."""


_KEY = re.compile(r"\.?\b(Strict|function-after.*)\b")


def _first_complaint(error: ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        message = "unknown key"
    elif first["type"] not in ("value_error", "missing"):
        message += f"; given is {first['input']!r}"
    return f"{key}: {message}" if key else message


def _allowed_keys(error: ValidationError, model: type[BaseModel]) -> str:
    """For an unknown key: the keys that its mapping may have."""
    first = error.errors()[0]
    if first["type"] != "extra_forbidden":
        return ""
    fields: Any = model
    for part in first["loc"][:-1]:
        if isinstance(fields, type) and issubclass(fields, BaseModel) and part in fields.model_fields:
            fields = fields.model_fields[str(part)].annotation
        for candidate in getattr(fields, "__args__", ()):
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                fields = candidate
    if isinstance(fields, type) and issubclass(fields, BaseModel):
        return f"; allowed are {', '.join(fields.model_fields)}"
    return ""


def read(settings: dict[str, Any]) -> Study:
    """The study that ``settings`` (a parsed config file) describes.

    Raises:
        ConfigError: one line that names the first key at fault, and what it may be.
    """
    try:
        return Study.model_validate(settings)
    except ValidationError as error:
        raise ConfigError(f"config: {_first_complaint(error)}{_allowed_keys(error, Study)}") from None


def load(*paths: Path) -> Study:
    """The study in one or more YAML files, later ones merged over earlier ones as Snakemake does."""
    import yaml

    merged: dict[str, Any] = {}
    for path in paths:
        _merge(merged, yaml.safe_load(path.read_text()))
    return read(merged)


def _merge(base: dict[str, Any], other: dict[str, Any]) -> None:
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value
