"""How much a study's sparse models take on the disk."""

from __future__ import annotations

from headcount.planning.published import shape_in
from headcount.settings.study import Study

BYTES = 4
"""Of a weight."""


def sparse_models(study: Study) -> float | None:
    """Bytes of all sparse pre-trained models, packed (``headcount.models.packing``); ``None`` where a shape is unknown.

    Of a matrix with zeros: a bit for each entry, and those that are left. What is not in a matrix is little, and left out.
    """
    asked, total = study.weights, 0.0
    points = [*asked.fractions, *asked.random] if set(asked.arms) - {"after"} else []
    for model in study.weight_models:
        if (shape := shape_in(study, model)) is None:
            return None
        each = [shape.parameters * (BYTES * (1 - share) + (1 / 8 if share else 0)) for share in points]
        total += len(study.seeds) * sum(each)
    return total
