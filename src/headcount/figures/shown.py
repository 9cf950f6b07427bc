"""What an entry of the list of figures says, and what a figure is told of the study."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pydantic import SerializerFunctionWrapHandler, model_serializer

from headcount.settings.job_settings import OutlierBounds
from headcount.settings.values import Strict

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure as Picture

Tables: TypeAlias = "Mapping[str, pd.DataFrame]"
Drawn: TypeAlias = "tuple[Picture, pd.DataFrame]"
Models = Literal[
    "all",
    "with_heads",
    "without_appendix",
    "appendix",
    "main",
    "pruned_first",
    "without_layers",
    "with_features",
    "followed",
    "with_weights",
    "with_languages",
    "multilingual",
]


class Shown(Strict):
    """What a figure is told of the study.

    ``study``: its name, whoever's trainings it goes on; ``norms`` gives the order of the colours; ``shared``: the models whose
    layers share their heads, so that every norm gives the same order; ``crossing``: which crossing of a level counts on a curve
    that wiggles; ``bounds``: what counts as an outlier feature, told where a figure shows them.
    """

    models: Sequence[str]
    tasks: Sequence[str]
    study: str = ""
    norms: Sequence[str] = ()
    shared: Sequence[str] = ()
    crossing: str = "first_crossing"
    bounds: OutlierBounds | None = None

    @model_serializer(mode="wrap")
    def _without_what_is_unset(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in write(self).items() if value is not None}


@dataclass(frozen=True)
class Figure:
    """One figure, or table 1.

    Args:
        label: what it is called; title: what it shows.
        group: whether the paper has it, or that on outlier features (Kovaleva et al. 2021), or on single weights (Gordon et
            al. 2020), or on several languages (Budhraja et al. 2021).
        inputs: names of the tables that it is drawn from:
            ``curves`` (downstream tasks), ``mlm_curves`` (masked LM), each in the runs' own order of heads;
            ``unit_curves`` (downstream tasks: one criterion and norm a unit, or one norm a unit and criterion);
            ``metrics`` (a row a fine-tuned model), ``recall``, ``agreement``, ``importances``, ``heads``, ``layers``,
            ``before_after``;
            ``features``, ``ablations``, ``emergence`` (outlier features);
            ``weights`` (a row a training of a sparse model), ``weight_curves`` (nothing trained on), ``movements``, and for
            comparison ``head_curves`` (all tasks, own order, one norm a model);
            ``removals`` (a row a task and removal, of a multilingual model and a monolingual one), ``languages`` (a row a
            language and removal).
        draw: from those tables, by name, to the picture and the table behind it.
        models: which of the study's models it shows: all, those whose heads are looked at, of these all but the appendix's, the
            appendix's, the main one, those that are pruned before fine-tuning, or that lose whole layers; those whose outlier
            features or single weights are studied, or that are followed along their pre-training; the multilingual model and
            the one that it is held against, or the multilingual one alone.
        metadata: what it reads of the metadata of its parquet tables: numbers, each in a column of that name.
    """

    label: str
    title: str
    group: Literal["paper", "beyond", "outliers", "weights", "languages"]
    inputs: tuple[str, ...]
    draw: Callable[[Tables, Shown], Drawn]
    models: Models = "all"
    metadata: tuple[str, ...] = ()
