"""Each claim of each paper, judged by the tables of a study."""

from __future__ import annotations

from collections.abc import Callable

from headcount.claims import (
    consistency,
    crosslingual,
    disabling,
    finetuning,
    layer_sets,
    magnitude,
    movement,
    outliers,
    prunability,
    robustness,
    sparsity,
)
from headcount.claims.bars import PaperName
from headcount.claims.conclusions import concluded, without_model
from headcount.claims.evidence import Evidence
from headcount.claims.papers import CLAIMED
from headcount.claims.resampling import RESAMPLES
from headcount.claims.settings import Settings
from headcount.claims.statistics import CONFIDENCE
from headcount.claims.tables import Tables
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
    "L1": robustness.as_prunable,
    "L2": crosslingual.transfer_suffers_more,
    "L3": layer_sets.top_layers_for_svo,
    "L4": layer_sets.bottom_layers_for_others,
    "L5": robustness.top_layers_change_most,
    "L6": crosslingual.corpus_size_matters,
    "N1": outliers.few_outliers,
    "N2": outliers.same_place,
    "N3": disabling.masked_lm_ruined,
    "N4": disabling.random_harmless,
    "N5": disabling.downstream_tasks_hurt,
    "N6": outliers.early,
    "N7": outliers.every_encoder,
    "N8": disabling.bias_not_information,
    "W1": sparsity.some_go_for_nothing,
    "W2": sparsity.less_is_transferred,
    "W3": sparsity.deletion_is_the_cause,
    "W4": sparsity.fit_is_prevented,
    "W5": magnitude.loss_predicts,
    "W6": magnitude.fine_tuning_helps_not,
    "W7": movement.order_hardly_changes,
    "W8": magnitude.magnitude_beats_chance,
}
"""A function for each claim: of the tables, the settings, and the models that play the claim's roles."""


def judged_papers(settings: Settings) -> list[PaperName]:
    """The papers whose claims a study is judged by: those on what it looks at; that on heads if it looks at nothing else."""
    looked_at: dict[PaperName, bool] = {
        "heads": settings.looks_at_heads,
        "features": bool(settings.encoders),
        "weights": bool(settings.pruned),
        "languages": settings.languages.multilingual is not None,
    }
    return [name for name, looked in looked_at.items() if looked] or ["heads"]


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
        claims=[
            judge_claim(identifier, tables, settings)
            for identifier, claimed in CLAIMED.items()
            if claimed.paper.name in judged_papers(settings)
        ],
        encoders=[*settings.encoders],
        pruned=[*settings.pruned],
        multilingual=settings.languages.multilingual,
        monolingual=settings.languages.monolingual,
    )


def judge_claim(identifier: str, tables: Tables, settings: Settings) -> Claim:
    """The verdict on one claim; not run where the study has no model that it is about."""
    claimed = CLAIMED[identifier]
    playing = {role: settings.playing(role, tables.followed) for role in claimed.roles}
    if not all(playing.values()):
        return without_model(identifier, claimed, playing)
    models = [model for each in playing.values() for model in each]
    evidence = EVIDENCE[identifier](tables, settings, *models)
    return concluded(identifier, claimed, playing, evidence, tables, settings.lacking(claimed.needs, models))
