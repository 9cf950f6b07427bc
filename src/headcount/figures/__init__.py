"""Figures and the tables behind them, drawn from tables alone: the list of them, and how each is drawn.

Page, scripts and rules take names, titles and inputs from ``FIGURES``. Nothing is drawn, and no drawing library is loaded,
before an entry's ``draw`` is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import SerializerFunctionWrapHandler, model_serializer

from headcount.registry import Registry
from headcount.settings.job_settings import OutlierBounds
from headcount.settings.values import Strict

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure as Picture

    Tables = Mapping[str, pd.DataFrame]
    Drawn = tuple[Picture, pd.DataFrame]

Models = Literal["all", "without_appendix", "appendix", "main", "pruned_first", "without_layers", "with_features", "followed"]


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
        group: whether the paper has it, or that on outlier features (Kovaleva et al. 2021).
        inputs: names of the tables that it is drawn from:
            ``curves`` (downstream tasks), ``mlm_curves`` (masked LM), each in the runs' own order of heads;
            ``unit_curves`` (downstream tasks: one criterion and norm a unit, or one norm a unit and criterion);
            ``metrics`` (a row a fine-tuned model), ``recall``, ``agreement``, ``heads``, ``layers``, ``before_after``;
            ``features``, ``ablations``, ``emergence`` (outlier features).
        draw: from those tables, by name, to the picture and the table behind it.
        models: which of the study's models it shows: all, all but the appendix's, the appendix's, the main one, those
            that are pruned before fine-tuning, that lose whole layers, whose outlier features are studied, or that are
            followed along their pre-training.
    """

    label: str
    title: str
    group: Literal["paper", "beyond", "outliers"]
    inputs: tuple[str, ...]
    draw: Callable[[Tables, Shown], Drawn]
    models: Models = "all"


def _downstream_curves(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.curves import relative_curves

    return relative_curves(
        tables["curves"],
        shown.models,
        shown.tasks,
        order=shown.norms,
        collapsed=tables["metrics"],
        one_order=shown.shared,
    )


def _masked_lm_curves(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.curves import masked_lm_curves

    return masked_lm_curves(tables["mlm_curves"], shown.models, order=shown.norms, one_order=shown.shared)


def _curves_of_units(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.curves import relative_curves

    by = ("unit", "criterion")
    return relative_curves(tables["unit_curves"], shown.models, shown.tasks, by=by, collapsed=tables["metrics"])


def _recall(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.recall import recall_figure

    return recall_figure(tables["recall"], shown.models, shown.tasks, shown.crossing)


def _layers(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.layers import divergence_figure

    moved = tables["heads"], tables["layers"]
    return divergence_figure(*moved, shown.models, shown.tasks, collapsed=tables["metrics"])


def _scatter(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.scatter import importance_divergence_figure

    return importance_divergence_figure(tables["heads"], shown.models[0], shown.tasks, collapsed=tables["metrics"])


def _scores(tables: Tables, shown: Shown) -> Drawn:
    from headcount.analysis.scores import score_table
    from headcount.figures.scores import score_figure

    table = score_table(tables["metrics"])
    return score_figure(table), table


def _agreement(tables: Tables, shown: Shown) -> Drawn:
    from headcount.data.tasks import MASKED_LM
    from headcount.figures.agreement import agreement_figure

    return agreement_figure(tables["agreement"], shown.models, [*shown.tasks, MASKED_LM])


def _maps(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.divergence_maps import divergence_maps

    return divergence_maps(tables["heads"], shown.models, shown.tasks, collapsed=tables["metrics"])


def _before_after(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.before_after import before_after_figure

    return before_after_figure(tables["before_after"], shown.models, shown.tasks)


def _features(tables: Tables, shown: Shown) -> Drawn:
    from headcount.analysis.features import Bounds
    from headcount.figures.features import features_figure

    assert shown.bounds is not None
    return features_figure(tables["features"], shown.models, Bounds(**shown.bounds.model_dump()))


def _ablation(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.ablation import ablation_figure

    return ablation_figure(tables["ablations"], shown.models, shown.tasks, collapsed=tables["metrics"])


def _emergence(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.emergence import emergence_figure

    return emergence_figure(tables["emergence"], shown.models)


FIGURES: Registry[Figure] = Registry(
    "figure",
    {
        "figure1": Figure(
            "Figure 1",
            "How many heads can go: the downstream tasks",
            "paper",
            ("curves", "metrics"),
            _downstream_curves,
            models="without_appendix",
        ),
        "figure2": Figure(
            "Figure 2", "How many heads can go: masked language modelling", "paper", ("mlm_curves",), _masked_lm_curves
        ),
        "figure3": Figure(
            "Figure 3", "Do the pre-train task's heads cover those of the downstream tasks?", "paper", ("recall",), _recall
        ),
        "figure4": Figure(
            "Figure 4", "What fine-tuning moves, layer by layer", "paper", ("heads", "layers", "metrics"), _layers
        ),
        "figure5": Figure(
            "Figure 5",
            "A larger model that shares its layers",
            "paper",
            ("curves", "metrics"),
            _downstream_curves,
            models="appendix",
        ),
        "figure6": Figure(
            "Figure 6", "Are the important heads those that move?", "paper", ("heads", "metrics"), _scatter, models="main"
        ),
        "table1": Figure("Table 1", "Data and scores", "paper", ("metrics",), _scores),
        "agreement": Figure(
            "Agreement", "Is importance the head's, the task's, or the seed's?", "beyond", ("agreement",), _agreement
        ),
        "divergence_maps": Figure(
            "Divergence maps", "What fine-tuning moves, head by head", "beyond", ("heads", "metrics"), _maps
        ),
        "before_after": Figure(
            "Before and after",
            "Heads removed before fine-tuning, and after it",
            "beyond",
            ("before_after",),
            _before_after,
            models="pruned_first",
        ),
        "layers_and_heads": Figure(
            "Layers and heads",
            "Can whole layers go, and their heads together, as heads can one by one?",
            "beyond",
            ("unit_curves", "metrics"),
            _curves_of_units,
            models="without_layers",
        ),
        "outlier_features": Figure(
            "Features",
            "Which features stand out, and in which layers?",
            "outliers",
            ("features",),
            _features,
            models="with_features",
        ),
        "ablation": Figure(
            "Ablation",
            "What is left without the outlier features?",
            "outliers",
            ("ablations", "metrics"),
            _ablation,
            models="with_features",
        ),
        "emergence": Figure(
            "Emergence", "When do outlier features emerge?", "outliers", ("emergence",), _emergence, models="followed"
        ),
    },
)
"""In the paper's order, then those that it does not have, then those on outlier features. The names are those of the files."""
