"""Each of the paper's claims, judged by the tables of a study."""

from __future__ import annotations

from collections.abc import Callable

from headcount.claims import consistency, finetuning, prunability
from headcount.claims.bars import CLAIMED
from headcount.claims.conclusions import concluded, without_model
from headcount.claims.evidence import Evidence
from headcount.claims.resampling import RESAMPLES
from headcount.claims.statistics import CONFIDENCE
from headcount.claims.tables import Settings, Tables
from headcount.claims.verdicts import Claim, Verdicts

EVIDENCE: dict[str, Callable[..., Evidence]] = {
    "C1": prunability.many_heads_can_go,
    "C2": prunability.shared_heads_go_sooner,
    "C3": prunability.l1_keeps_most,
    "C4": consistency.pretraining_recalls,
    "C5": consistency.few_heads_for_masked_lm,
    "C6": finetuning.lower_layers_change_less,
    "C7": finetuning.lower_layers_can_be_frozen,
    "C8": finetuning.importance_is_not_divergence,
    "C9": prunability.large_shared_heads_go_sooner,
    "C10": consistency.pruned_first_does_well,
}
"""A function for each claim: of the tables, the settings, and the models that play the claim's roles."""


def judge(tables: Tables, settings: Settings) -> Verdicts:
    """All verdicts on a study.

    Raises:
        ValueError: rows of another study; curves as ``headcount.analysis.required.largest_removed`` refuses them.
    """
    tables.refuse_others(settings.study)
    return Verdicts(
        study=settings.study,
        roles=dict(settings.roles),
        confidence=CONFIDENCE,
        resamples=RESAMPLES,
        claims=[judge_claim(identifier, tables, settings) for identifier in CLAIMED],
    )


def judge_claim(identifier: str, tables: Tables, settings: Settings) -> Claim:
    """The verdict on one claim; not run where the study has no model that it is about."""
    models = [model for role in CLAIMED[identifier].roles if (model := settings.roles.get(role)) is not None]
    if len(models) < len(CLAIMED[identifier].roles):
        return without_model(identifier, settings.roles)
    return concluded(identifier, models, EVIDENCE[identifier](tables, settings, *models), tables)
