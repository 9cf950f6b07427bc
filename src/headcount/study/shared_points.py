"""Which curve of a run another takes those points from that both have: the whole model, nothing left, equal sets of units.

It is one that every run has whatever else is studied, so that a norm or a criterion more leaves the curves as they are.
"""

from __future__ import annotations

from headcount.criteria import OWN
from headcount.data.tasks import MASKED_LM
from headcount.settings.study import Study
from headcount.study.about import About, extended


def first_curve(study: Study, rule: str, about: About) -> About | None:
    """The curve that a job of ``rule`` takes points from; ``None`` for that curve itself, and for what is no curve.

    Of heads and layers it is the heads' own curve in the norm that transfer is read in; of single weights that by magnitude.
    """
    if rule == "prune_curve":
        first = extended(about, unit="head", criterion=OWN, norm=study.transfer_norm_of(str(about.model)))
    elif rule == "prune_weights":
        first = extended(about, criterion="magnitude")
    else:
        return None
    return None if first == about else first


def known_ends(study: Study, rule: str, about: About) -> set[float]:
    """The shares of units, 0 and 1, at which a curve need not be scored: other jobs have scored the same model.

    The first curve has, and of the whole model fine-tuning, if on all examples. Equal sets between the ends are not foreseen.
    """
    first = first_curve(study, rule, about)
    if rule == "prune_weights":
        return {0.0, 1.0} if first else set()
    tuned = about.task != MASKED_LM and study.pruning.validation_fractions.get(str(about.task), 1.0) == 1
    return {*([0.0] if first or tuned else []), *([1.0] if first and first.unit == about.unit else [])}
