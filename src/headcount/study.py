"""The study as configured: what may stand in a config file, what it defaults to, and why something is refused.

Runs nothing. ``headcount.reference`` generates the JSON schema and ``config/README.md`` from these models.
"""

from __future__ import annotations

import reprlib
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from headcount.encoders import FAMILIES

T = TypeVar("T")


def _no_repeats(values: list[T]) -> list[T]:
    repeated = [value for value, count in Counter(values).items() if count > 1]
    if repeated:
        raise ValueError(f"{repeated[0]!r} stands more than once; each may stand once")
    return values


def _plain_value(value: Any) -> Any:
    if not isinstance(value, (int, float, str)):
        raise ValueError(f"should be a number, a text, true or false; given: {reprlib.repr(value)}")
    return value


Task = Literal["cola", "sst2", "qqp", "mnli"]
Norm = Literal["l1", "l2", "none"]
Estimator = Literal["per_example", "per_batch", "per_token", "running_sum"]
Fraction = Annotated[float, Field(ge=0, le=1)]
Share = Annotated[float, Field(gt=0, le=1)]
Decay = Annotated[float, Field(ge=0, lt=1)]
Count = Annotated[int, Field(gt=0)]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]  # NumPy takes no other
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
PlainValue = Annotated[Any, PlainValidator(_plain_value, json_schema_input_type=float | str | bool)]
Distinct = Annotated[list[T], Field(min_length=1, json_schema_extra={"uniqueItems": True}), AfterValidator(_no_repeats)]


class Strict(BaseModel):
    """Unknown keys are refused, values are not converted, and nothing changes once read."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _only_known_keys(cls, given: Any) -> Any:
        """Say which keys are allowed, as Pydantic's own refusals do not."""
        if isinstance(given, cls):
            return given
        allowed = ", ".join(cls.model_fields)
        if not isinstance(given, dict):
            raise PydanticCustomError("no_mapping", f"should be a mapping with keys among: {allowed}")
        for key in given:
            if key not in cls.model_fields:
                raise PydanticCustomError("unknown_key", f"unknown key; allowed: {allowed}", {"key": str(key)})
        return given

    @field_validator("*")
    @classmethod
    def _keep_other_defaults(cls, value: Any, field: ValidationInfo) -> Any:
        """A mapping given in part keeps the default of its other keys, as where two config files are merged."""
        default = cls.model_fields[str(field.field_name)].default
        return {**default, **value} if isinstance(value, dict) and isinstance(default, dict) else value


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


class Study(Strict):
    """A whole study: which models, tasks and seeds, and what is done with them.

    Lists say what is studied; entries of `encoders` and `finetuning` that no list names are ignored, so that they may
    survive when one config file is merged over another.
    """

    study: Name = Field(description="Name; everything is written to `results/<study>/`.")
    device: Literal["cpu", "cuda"] = Field(
        default="cpu", description="`cuda`: jobs that train or evaluate a network ask for one `gpu` each; `cpu`: none."
    )
    models: Distinct[Name] = Field(description="Names of the encoders that are studied (§2, App. D).")
    tasks: Distinct[Task] = Field(
        default=["cola", "sst2", "qqp", "mnli"], description="Downstream tasks that are studied (§2: these four)."
    )
    seeds: Distinct[Seed] = Field(default=[1, 2, 3, 4, 5], description="Seeds of fine-tuning, samples and masks (§2: five).")
    norms: Distinct[Norm] = Field(default=["l1", "l2", "none"], description="Norms of Eq. 4 that are compared (Fig. 1).")
    threads: Count = Field(default=1, description="CPU threads of each job that trains or evaluates a network.")
    batch_tokens: Count = Field(
        default=16384, description="Tokens per batch where a network is evaluated; changes speed and memory alone."
    )
    encoders: dict[Name, Encoder] = Field(description="Every encoder that `models` may name.")
    glue: Source = Field(description="The downstream tasks' data, in the columns of `nyu-mll/glue`.")
    corpus: CorpusSource = Field(description="The pre-train task's data, in the columns of `wikimedia/wikipedia`.")
    world: World = World()
    finetuning: dict[Name, dict[Literal["default", Task], RecipePart]] = Field(
        description="Recipes for each of `models`; the paper names the standard GLUE script, and no settings (App. A)."
    )
    importance: Importance = Importance()
    pruning: Pruning = Pruning()
    mlm: MaskedLM = MaskedLM()

    @model_validator(mode="after")
    def _every_model_has_its_entries(self) -> Study:
        for model in self.models:
            if model not in self.encoders:
                raise ValueError(f"models: {model!r} has no entry in encoders; allowed: {', '.join(self.encoders)}")
            for task in self.tasks:
                self.recipe(model, task)
        return self

    def recipe(self, model: str, task: str) -> Recipe:
        """The resolved recipe of a model on a task.

        Raises:
            ValueError: the config gives none, or one that does not hold together.
        """
        parts: dict[Any, dict[str, Any]] | None = self.finetuning.get(model)
        if parts is None:
            raise ValueError(f"finetuning.{model}: missing; each of `models` needs a recipe")
        default, own = parts.get("default", {}), parts.get(task, {})
        try:
            return Recipe.model_validate({**default, **own})
        except ValidationError as error:
            path, fault = _first_fault(error)
            part = "default" if path and path[0] in default and path[0] not in own else task
            raise ValueError(f"{'.'.join(['finetuning', model, part, *path])}: {fault}") from None

    def norms_of(self, model: str) -> list[str]:
        """The norms worth a curve: one row of heads has one order, whatever the norm (definition of Eq. 4)."""
        return ["none"] if self.encoders[model].shared else list(self.norms)

    @property
    def all_tasks(self) -> list[str]:
        """The downstream tasks and the pre-train task, ``mlm``."""
        return [*self.tasks, "mlm"]


class ConfigError(ValueError):
    """A config that is refused; the message names the key and what is allowed, in one line."""


def read(settings: dict[str, Any]) -> Study:
    """The study that ``settings`` (a parsed config file) describes.

    Raises:
        ConfigError: one line that names the first key at fault, and what it may be.
    """
    try:
        return Study.model_validate(settings)
    except ValidationError as error:
        path, fault = _first_fault(error)
        raise ConfigError(": ".join(filter(None, ["config", ".".join(path), fault]))) from None


def load(*paths: Path) -> Study:
    """The study in one or more YAML files, later ones merged over earlier ones as Snakemake does.

    Raises:
        ConfigError: as ``read``; or a file is not a YAML mapping.
    """
    merged: dict[str, Any] = {}
    for path in paths:
        try:
            settings = yaml.safe_load(path.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            raise ConfigError(f"config: {path} is not YAML: {' '.join(str(error).split())}") from None
        if not isinstance(settings, dict):
            raise ConfigError(f"config: {path} should be a mapping of keys to values; given: {reprlib.repr(settings)}")
        merged = _merged(merged, settings)
    return read(merged)


def _merged(base: Any, other: Any) -> Any:
    if not (isinstance(base, dict) and isinstance(other, dict)):
        return other
    return {**base, **{key: _merged(base.get(key), value) for key, value in other.items()}}


def _first_fault(error: ValidationError) -> tuple[list[str], str]:
    """The path of the first key at fault, and what is wrong there."""
    first = error.errors()[0]
    path = [str(part) for part in first["loc"] if part != "[key]"]
    message = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if first["type"] == "missing":
        return path, "missing"
    if first["type"] == "unknown_key":
        return [*path, first["ctx"]["key"]], message
    if "[key]" in first["loc"]:
        return path, f"unknown key; {message}"
    if first["type"] == "float_type" and isinstance(first["input"], str):
        message += " (YAML takes 1e-5 for text: write 1.0e-5)"
    if first["type"] != "value_error":
        message += f"; given: {reprlib.repr(first['input'])}"
    return path, message
