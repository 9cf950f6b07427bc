"""The keys of a study's config, without what follows from them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

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
from headcount.settings.models import RecipePart
from headcount.settings.own_models import StudiedEncoder
from headcount.settings.tasks import TaskData
from headcount.settings.values import Count, Distinct, Name, Norm, Seed, Strict, Task
from headcount.settings.weights import WeightPruning


class Sections(Strict):
    """What a config may hold; ``headcount.settings.study.Study`` sees that it holds together."""

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
    glue: Source = Field(
        default=Source(source="nyu-mll/glue"), description="GLUE's tasks, in the columns of `nyu-mll/glue`: the data of those."
    )
    datasets: dict[Name, TaskData] = Field(default={}, description="Tasks of your own that `tasks` may name, by name.")
    corpus: CorpusSource | None = Field(
        default=None,
        description="The pre-train task's data, in the columns of `wikimedia/wikipedia`; needed where masked LM is asked, or a"
        " model is pre-trained here.",
    )
    world: World = World()
    finetuning: dict[Name, dict[Task, RecipePart]] = Field(
        default={},
        description="Recipes for each of `models` that is fine-tuned here, under `default` and by task; the paper names the"
        " standard GLUE script, and no settings (App. A).",
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
