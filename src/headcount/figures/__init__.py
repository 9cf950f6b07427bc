"""Figures and the tables behind them, drawn from tables alone: the list of them, and how each is drawn.

Page, scripts and rules take names, titles and inputs from ``FIGURES``. Nothing is drawn, and no drawing library is loaded,
before an entry's ``draw`` is called.
"""

from __future__ import annotations

import headcount.figures.draw as draw
from headcount.figures.shown import Figure
from headcount.figures.shown import Shown as Shown
from headcount.registry import Registry

FIGURES: Registry[Figure] = Registry(
    "figure",
    {
        "figure1": Figure(
            "Figure 1",
            "How many heads can go: the downstream tasks",
            "paper",
            ("curves", "metrics"),
            draw.downstream_curves,
            models="without_appendix",
        ),
        "figure2": Figure(
            "Figure 2", "How many heads can go: masked language modelling", "paper", ("mlm_curves",), draw.masked_lm_curves
        ),
        "figure3": Figure(
            "Figure 3", "Do the pre-train task's heads cover those of the downstream tasks?", "paper", ("recall",), draw.recall
        ),
        "figure4": Figure(
            "Figure 4",
            "What fine-tuning moves, layer by layer",
            "paper",
            ("heads", "layers", "metrics"),
            draw.layers,
            models="with_heads",
        ),
        "figure5": Figure(
            "Figure 5",
            "A larger model that shares its layers",
            "paper",
            ("curves", "metrics"),
            draw.downstream_curves,
            models="appendix",
        ),
        "figure6": Figure(
            "Figure 6", "Are the important heads those that move?", "paper", ("heads", "metrics"), draw.scatter, models="main"
        ),
        "table1": Figure("Table 1", "Data and scores", "paper", ("metrics",), draw.scores),
        "agreement": Figure(
            "Agreement", "Is importance the head's, the task's, or the seed's?", "beyond", ("agreement",), draw.agreement
        ),
        "importance_maps": Figure(
            "Importance maps",
            "What each head is worth to each task",
            "beyond",
            ("importances", "metrics"),
            draw.importance_maps,
            models="with_heads",
        ),
        "divergence_maps": Figure(
            "Divergence maps",
            "What fine-tuning moves, head by head",
            "beyond",
            ("heads", "metrics"),
            draw.maps,
            models="with_heads",
        ),
        "before_after": Figure(
            "Before and after",
            "Heads removed before fine-tuning, and after it",
            "beyond",
            ("before_after",),
            draw.before_after,
            models="pruned_first",
        ),
        "layers_and_heads": Figure(
            "Layers and heads",
            "Can whole layers go, and their heads together, as heads can one by one?",
            "beyond",
            ("unit_curves", "metrics"),
            draw.curves_of_units,
            models="without_layers",
        ),
        "outlier_features": Figure(
            "Features",
            "Which features stand out, and in which layers?",
            "outliers",
            ("features",),
            draw.features,
            models="with_features",
        ),
        "ablation": Figure(
            "Ablation",
            "What is left without the outlier features?",
            "outliers",
            ("ablations", "metrics"),
            draw.ablation,
            models="with_features",
        ),
        "emergence": Figure(
            "Emergence", "When do outlier features emerge?", "outliers", ("emergence",), draw.emergence, models="followed"
        ),
        "weights_regimes": Figure(
            "Sparsity",
            "How many single weights can go, and when?",
            "weights",
            ("weights", "weight_curves", "metrics"),
            draw.sparse_models,
            models="with_weights",
        ),
        "weights_loss": Figure(
            "Loss and accuracy",
            "Does the sparse model's loss foretell the tasks?",
            "weights",
            ("weights",),
            draw.loss_and_accuracy,
            models="with_weights",
        ),
        "weights_movement": Figure(
            "Movement",
            "Does fine-tuning change which weights are small?",
            "weights",
            ("movements", "metrics"),
            draw.movement,
            models="with_weights",
        ),
        "heads_and_weights": Figure(
            "Heads and weights",
            "Can more parameters go as heads, or as single weights?",
            "weights",
            ("head_curves", "weight_curves", "metrics"),
            draw.heads_and_weights,
            models="with_weights",
            metadata=("parameters", "head_parameters"),
        ),
        "languages_robustness": Figure(
            "Robustness",
            "Can a multilingual model do without as many heads as a monolingual one?",
            "languages",
            ("removals",),
            draw.robustness,
            models="with_languages",
        ),
        "languages_layers": Figure(
            "Layers and languages",
            "Which layers carry which languages?",
            "languages",
            ("languages",),
            draw.language_map,
            models="multilingual",
        ),
        "languages_articles": Figure(
            "Articles",
            "Does more go with the heads in a language that the model has read less of?",
            "languages",
            ("languages",),
            draw.articles,
            models="multilingual",
        ),
    },
)
"""In the paper's order, then those that it does not have, then those of each other paper.

The names are those of the files."""
