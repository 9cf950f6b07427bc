"""How each figure of the list is drawn: from its tables and what it is told, to the picture and the table behind it.

No drawing library is loaded before one of these is called.
"""

from __future__ import annotations

from headcount.figures.shown import Drawn, Shown, Tables


def downstream_curves(tables: Tables, shown: Shown) -> Drawn:
    from headcount.analysis.scores import constant_shares
    from headcount.figures.curves import relative_curves

    return relative_curves(
        tables["curves"],
        shown.models,
        shown.tasks,
        order=shown.norms,
        collapsed=tables["metrics"],
        one_order=shown.shared,
        constants=constant_shares(tables["metrics"]),
    )


def masked_lm_curves(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.curves import masked_lm_curves

    return masked_lm_curves(tables["mlm_curves"], shown.models, order=shown.norms, one_order=shown.shared)


def curves_of_units(tables: Tables, shown: Shown) -> Drawn:
    from headcount.analysis.scores import constant_shares
    from headcount.figures.curves import relative_curves

    return relative_curves(
        tables["unit_curves"],
        shown.models,
        shown.tasks,
        by=("unit", "criterion"),
        collapsed=tables["metrics"],
        constants=constant_shares(tables["metrics"]),
    )


def recall(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.recall import recall_figure

    return recall_figure(tables["recall"], shown.models, shown.tasks, shown.crossing)


def layers(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.layers import divergence_figure

    moved = tables["heads"], tables["layers"]
    return divergence_figure(*moved, shown.models, shown.tasks, collapsed=tables["metrics"])


def scatter(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.scatter import importance_divergence_figure

    return importance_divergence_figure(tables["heads"], shown.models[0], shown.tasks, collapsed=tables["metrics"])


def scores(tables: Tables, shown: Shown) -> Drawn:
    from headcount.analysis.scores import score_table
    from headcount.figures.scores import score_figure

    table = score_table(tables["metrics"])
    return score_figure(table), table


def agreement(tables: Tables, shown: Shown) -> Drawn:
    from headcount.data.tasks import MASKED_LM
    from headcount.figures.agreement import agreement_figure

    return agreement_figure(tables["agreement"], shown.models, [*shown.tasks, MASKED_LM])


def importance_maps(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.importance_maps import importance_maps

    importances, metrics = tables["importances"], tables["metrics"]
    return importance_maps(importances, shown.models, shown.tasks, collapsed=metrics, shared=shown.shared)


def maps(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.divergence_maps import divergence_maps

    return divergence_maps(tables["heads"], shown.models, shown.tasks, collapsed=tables["metrics"])


def before_after(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.before_after import before_after_figure

    return before_after_figure(tables["before_after"], shown.models, shown.tasks)


def features(tables: Tables, shown: Shown) -> Drawn:
    from headcount.analysis.features import Bounds
    from headcount.figures.features import features_figure

    assert shown.bounds is not None
    return features_figure(tables["features"], shown.models, Bounds(**shown.bounds.model_dump()))


def ablation(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.ablation import ablation_figure

    return ablation_figure(tables["ablations"], shown.models, shown.tasks, collapsed=tables["metrics"])


def emergence(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.emergence import emergence_figure

    return emergence_figure(tables["emergence"], shown.models)


def sparse_models(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.sparse_models import sparse_models_figure

    given = tables["weights"], tables["weight_curves"]
    return sparse_models_figure(*given, shown.models, shown.tasks, collapsed=tables["metrics"])


def loss_and_accuracy(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.loss_and_accuracy import loss_and_accuracy_figure

    return loss_and_accuracy_figure(tables["weights"], shown.models, shown.tasks)


def movement(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.movement import movement_figure

    return movement_figure(tables["movements"], shown.models, shown.tasks, collapsed=tables["metrics"])


def heads_and_weights(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.heads_and_weights import heads_and_weights_figure

    curves = tables["head_curves"], tables["weight_curves"]
    return heads_and_weights_figure(*curves, shown.models, shown.tasks, collapsed=tables["metrics"])


def robustness(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.robustness import robustness_figure

    return robustness_figure(tables["removals"], shown.models, shown.tasks)


def language_map(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.language_map import language_map_figure

    return language_map_figure(tables["languages"], shown.models[0])


def articles(tables: Tables, shown: Shown) -> Drawn:
    from headcount.figures.articles import articles_figure

    return articles_figure(tables["languages"], shown.models[0])
