"""A whole study as configured: which models, tasks and seeds, and what is done with them."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError, model_validator

from headcount.data.origins import EMBEDDED
from headcount.data.tasks import TASKS
from headcount.settings import left_out
from headcount.settings.data import World
from headcount.settings.models import FineTuned, Recipe
from headcount.settings.sections import Sections
from headcount.settings.tasks import refuse_unknown_tasks
from headcount.settings.values import first_fault

RESERVED = frozenset({"tasks", "corpus", "figures", "world", "logs", "benchmarks", "checksums"})
"""Folders beside those of the models in a study's results: no model may have such a name."""


class Study(Sections):
    """A whole study: which models, tasks and seeds, and what is done with them.

    Lists say what is studied; entries of `encoders` and `finetuning` that no list names are ignored, so that they may
    survive when one config file is merged over another.
    """

    @model_validator(mode="after")
    def _every_task_is_known(self) -> Study:
        refuse_unknown_tasks(self.datasets, self.model_dump())
        return self

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
        for name, given in (
            ("tasks", self.glue_tasks if self.glue.source == EMBEDDED else []),
            ("world.train", self.world.train),
        ):
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

    @property
    def glue_tasks(self) -> list[str]:
        """Those of `tasks` whose data `glue` names."""
        return [task for task in self.tasks if task not in self.datasets]

    def metric_of(self, task: str) -> str:
        """The name of a downstream task's metric."""
        return self.datasets[task].metric if task in self.datasets else TASKS[task].metric_name

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
