"""A whole study as configured: which models, tasks and seeds, and what is done with them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from headcount.data.origins import EMBEDDED
from headcount.settings import left_out
from headcount.settings.data import CorpusSource, Source, World
from headcount.settings.languages import Multilingual
from headcount.settings.measures import (
    BeforeAfter,
    Divergence,
    Freezing,
    Importance,
    LayerPruning,
    MaskedLM,
    Outliers,
    Pruning,
    Roles,
    Transfer,
)
from headcount.settings.models import FineTuned, Recipe, RecipePart
from headcount.settings.own_models import StudiedEncoder
from headcount.settings.values import Count, Distinct, Name, Norm, RecipeName, Seed, Strict, Task, first_fault
from headcount.settings.weights import WeightPruning

RESERVED = frozenset({"tasks", "corpus", "figures", "world", "logs", "benchmarks", "checksums"})
"""Folders beside those of the models in a study's results: no model may have such a name."""


class Study(Strict):
    """A whole study: which models, tasks and seeds, and what is done with them.

    Lists say what is studied; entries of `encoders` and `finetuning` that no list names are ignored, so that they may
    survive when one config file is merged over another.
    """

    study: Name = Field(description="Name; what is made is written to `results/<study>/`.")
    base: Name | None = Field(
        default=None,
        description="Name of the study whose folder holds what does not depend on how models are evaluated: data, models,"
        " trainings, importances and divergences are read from and written to `results/<base>/`. Its settings for these must be"
        " the same; unset: the study's own.",
    )
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
    encoders: dict[Name, StudiedEncoder] = Field(description="Every encoder that `models` may name.")
    glue: Source = Field(description="The downstream tasks' data, in the columns of `nyu-mll/glue`.")
    corpus: CorpusSource | None = Field(
        default=None,
        description="The pre-train task's data, in the columns of `wikimedia/wikipedia`; needed where masked LM is asked, or a"
        " model is pre-trained here.",
    )
    world: World = World()
    finetuning: dict[Name, dict[RecipeName, RecipePart]] = Field(
        default={},
        description="Recipes for each of `models` that is fine-tuned here; the paper names the standard GLUE script, and no"
        " settings (App. A).",
    )
    importance: Importance = Importance()
    pruning: Pruning = Pruning()
    mlm: MaskedLM | None = Field(
        default=MaskedLM(),
        description="Masked LM, asked beside `tasks`; `null` leaves it out, and with it the corpus, recall, and heads removed"
        " before fine-tuning: for an encoder that has no head for masked LM, or if tasks alone are of interest.",
    )
    transfer: Transfer = Transfer()
    divergence: Divergence = Divergence()
    freezing: Freezing = Freezing()
    before_after: BeforeAfter = BeforeAfter()
    layers: LayerPruning = LayerPruning()
    outliers: Outliers = Outliers()
    weights: WeightPruning = WeightPruning()
    languages: Multilingual = Multilingual()
    roles: Roles = Roles()

    @model_validator(mode="after")
    def _every_model_has_its_entries(self) -> Study:
        for model in self.models:
            if model in RESERVED:
                others = ", ".join(sorted(RESERVED))
                raise ValueError(f"models: {model!r} is a folder of every study; allowed is any name but {others}")
            if model not in self.encoders:
                raise ValueError(f"models: {model!r} has no entry in encoders; allowed: {', '.join(self.encoders)}")
            for task in self.tasks if model in self.tuned_models else []:
                if self.finetuned(model, task) is None:
                    left_out.check_source(self, model, task)
                    self.recipe(model, task)
        return self

    @model_validator(mode="after")
    def _the_world_has_its_tasks(self) -> Study:
        written = World.model_fields["train"].default
        for name, given in (("tasks", self.tasks if self.glue.source == EMBEDDED else []), ("world.train", self.world.train)):
            if others := [task for task in given if task not in written]:
                raise ValueError(f"{name}: {others[0]!r} is no task of the embedded world; allowed: {', '.join(written)}")
        return self

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Study:
        for part in ("pruning", "freezing", "before_after", "layers", "outliers", "weights"):
            for model in getattr(self, part).models or []:
                if model not in self.encoders:
                    raise ValueError(f"{part}.models: {model!r} has no entry in encoders; allowed: {', '.join(self.encoders)}")
        self.languages.check(self.encoders, self.models, self.tasks)
        for part, done in (("freezing", "frozen"), ("layers", "removed")):
            for model in getattr(self, part).models:
                if self.encoders[model].shared:
                    raise ValueError(f"{part}.models: {model!r} shares its layers, none can be {done} alone; leave it out")
        for role, name in self.roles:
            if name is not None and name not in self.encoders:
                raise ValueError(f"roles.{role}: {name!r} has no entry in encoders; allowed: null, {', '.join(self.encoders)}")
        if self.transfer.norm not in self.norms and not all(self.encoders[model].shared for model in self.models):
            raise ValueError(f"transfer.norm: {self.transfer.norm!r} is not studied; allowed: {', '.join(self.norms)}")
        left_out.check(self)
        return self

    def finetuned(self, model: str, task: str) -> FineTuned | None:
        """Where a model comes from that is fine-tuned for a task already; nothing where it is fine-tuned here."""
        return self.encoders[model].finetuned.get(task)

    def max_length(self, model: str, task: str) -> int:
        """Tokens to which a model's texts of a task are cut."""
        return (self.finetuned(model, task) or self.recipe(model, task)).max_length

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
            path, fault = first_fault(error)
            part = "default" if path and path[0] in default and path[0] not in own else task
            raise ValueError(f"{'.'.join(['finetuning', model, part, *path])}: {fault}") from None

    def norms_of(self, model: str) -> list[str]:
        """The norms worth a curve: one row of heads has one order, whatever the norm (definition of Eq. 4)."""
        return ["none"] if self.encoders[model].shared else list(self.norms)

    def transfer_norm_of(self, model: str) -> str:
        """The norm whose order is read where one order is compared with another."""
        return "none" if self.encoders[model].shared else self.transfer.norm

    @property
    def head_models(self) -> list[str]:
        """The studied models whose heads are studied."""
        chosen = self.pruning.models
        return [model for model in self.models if chosen is None or model in chosen]

    @property
    def tuned_models(self) -> list[str]:
        """The studied models that are asked the downstream tasks, fine-tuned for each."""
        studied = {*self.head_models, *self.outlier_models, *self.weight_models, *self.language_models}
        return [model for model in self.models if model in studied]

    @property
    def masked_models(self) -> list[str]:
        """The studied models that are asked masked LM; none where that is left out."""
        if self.mlm is None:
            return []
        followed = [model for model in self.models if self.encoders[model].snapshots]
        studied = {*self.head_models, *self.outlier_models, *self.weight_models, *followed}
        return [model for model in self.models if model in studied]

    @property
    def compared_models(self) -> list[str]:
        """The studied models whose heads are looked at in the pre-trained model, too."""
        return [model for model in self.head_models if not self.encoders[model].finetuned_alone]

    @property
    def reads_corpus(self) -> bool:
        """Whether a model learns from the corpus, or is asked about it."""
        return bool(self.masked_models) or any(self.encoders[model].pretrain for model in self.models)

    @property
    def outlier_models(self) -> list[str]:
        """The studied models whose outlier features are studied."""
        return [model for model in self.models if model in self.outliers.models]

    @property
    def weight_models(self) -> list[str]:
        """The studied models whose single weights are pruned."""
        return [model for model in self.models if model in self.weights.models]

    @property
    def weight_tasks(self) -> list[str]:
        """The tasks on which they are."""
        return [task for task in self.tasks if task in self.weights.tasks]

    @property
    def multilingual_model(self) -> str | None:
        """The studied model that is asked in several languages."""
        return self.languages.multilingual if self.languages.multilingual in self.models else None

    @property
    def language_models(self) -> list[str]:
        """That model, and the one that it is held against, in the study's order."""
        named = (self.languages.multilingual, self.languages.monolingual)
        return [model for model in self.models if model in named] if self.multilingual_model else []

    @property
    def language_tasks(self) -> list[str]:
        """The tasks on which these are pruned."""
        return [task for task in self.tasks if task in self.languages.tasks]

    @property
    def frozen_models(self) -> list[str]:
        """The studied models that are also fine-tuned with their lower layers frozen."""
        return [model for model in self.head_models if model in self.freezing.models]

    @property
    def layer_models(self) -> list[str]:
        """The studied models that also lose whole layers."""
        return [model for model in self.head_models if model in self.layers.models]

    @property
    def pruned_first(self) -> list[tuple[str, str]]:
        """The (model, task) that are also pruned before they are fine-tuned."""
        part = self.before_after
        return [
            (model, task) for model in self.head_models if model in part.models for task in self.tasks if task in part.tasks
        ]

    @property
    def all_tasks(self) -> list[str]:
        """The downstream tasks and, unless it is left out, the pre-train task, ``mlm``."""
        return [*self.tasks, *([] if self.mlm is None else ["mlm"])]
