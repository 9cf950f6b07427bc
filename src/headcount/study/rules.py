"""The rules of the workflow: what each makes, and whether it runs a network. One entry a rule, in reading order."""

from __future__ import annotations

from dataclasses import dataclass

from headcount.registry import Registry

TABLES = "tables, figures and verdicts"
FROM_PRETRAINED = (("model", "pretrained"),)
STARTED_FROM = "started_from"
"""In the place of a name in the layout: the model that fine-tuning starts from (``StudyJobs.started_from``)."""


@dataclass(frozen=True)
class Rule:
    """What one rule makes.

    Args:
        kind: of artifact, as the page's table of costs calls it.
        artifact: the name in ``headcount.study.layout.Layout`` of what it makes first.
        beside: such names of the other files that it makes.
        holds: such names of the files in ``artifact``, a directory, that Snakemake knows in its place.
        network: whether it trains or evaluates a network: then it takes a card, and is told device and budget.
        heavy: whether it takes minutes without one: it reads a whole corpus or every weight of two models.
        directory: whether that is a directory with a manifest beside it.
        wanted: whether a study is made for it; else it is made where something needs it.
        on_demand: made for those who ask for it alone: it is no part of a study.
        generated: made from the config alone: DVC need not keep it.
        made_from: the directories whose files its manifest lists: option of the script, name in the layout or
            ``STARTED_FROM``.
    """

    kind: str
    artifact: str
    beside: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    network: bool = False
    heavy: bool = False
    directory: bool = False
    wanted: bool = False
    on_demand: bool = False
    generated: bool = False
    made_from: tuple[tuple[str, str], ...] = ()

    @property
    def submitted(self) -> bool:
        """Whether a cluster is given its jobs. What takes seconds, or fetches, runs beside Snakemake."""
        return self.network or self.heavy

    @property
    def versioned(self) -> bool:
        """Whether DVC keeps what it makes."""
        return self.directory and not self.generated


def _tuned(kind: str, artifact: str, *beside: str) -> Rule:
    """A rule that gives a fine-tuned model, from the pre-trained one."""
    return Rule(kind, artifact, beside, network=True, directory=True, made_from=(("model", STARTED_FROM),))


RULES: Registry[Rule] = Registry(
    "rule",
    {
        "write_world_task": Rule("data", "world_task", directory=True, generated=True),
        "write_world_corpus": Rule("data", "world_corpus", directory=True, generated=True),
        "prepare_task": Rule("data", "task", holds=("train", "validation"), directory=True),
        "write_world_languages": Rule("data", "world_languages", directory=True, generated=True),
        "prepare_languages": Rule("data", "test_sets_directory", holds=("test_sets",), directory=True),
        "sample_corpus": Rule("data", "corpus", directory=True),
        "cut_blocks": Rule(
            "data",
            "blocks_directory",
            holds=("blocks",),
            heavy=True,
            directory=True,
            made_from=(("corpus", "corpus"), *FROM_PRETRAINED),
        ),
        "fetch_model": Rule("pre-trained models, fetched", "pretrained", directory=True),
        "fetch_original": Rule("models to go on from, fetched", "original", directory=True),
        "pretrain_model": Rule(
            "pre-trained models, made here", "pretrained", network=True, directory=True, made_from=(("corpus", "corpus"),)
        ),
        "pretrain_further": Rule(
            "pre-trained models, gone on with here",
            "pretrained",
            network=True,
            directory=True,
            made_from=(("corpus", "corpus"), ("original", "original")),
        ),
        "fetch_finetuned": _tuned("fine-tuned models, fetched", "checkpoint", "metrics", "answers"),
        "finetune": _tuned("fine-tuned models", "checkpoint", "metrics", "answers", "history"),
        "finetune_frozen": _tuned(
            "fine-tuned models, lower layers frozen",
            "frozen_checkpoint",
            "frozen_metrics",
            "frozen_answers",
            "frozen_history",
        ),
        "finetune_pruned": Rule("fine-tuned models, pruned first", "pruned_metrics", beside=("pruned_answers",), network=True),
        "transfer_pruned": Rule(
            "fine-tuned models, pruned first and asked in several languages",
            "transferred_metrics",
            beside=("transferred_answers", "transferred_scores", "transferred_outcomes"),
            network=True,
        ),
        "score_languages": Rule("scores in several languages", "language_scores", beside=("language_outcomes",), network=True),
        "estimate_importance": Rule("importances", "raw_importance", network=True),
        "normalize_importance": Rule("importances under a norm", "importance"),
        "prune_curve": Rule("pruning curves", "curve", beside=("order", "outcomes"), network=True, wanted=True),
        "measure_divergence": Rule("divergences", "divergence", network=True),
        "measure_features": Rule("features of the LayerNorms", "features", wanted=True),
        "ablate_features": Rule(
            "features of the LayerNorms, disabled", "ablation", beside=("ablation_outcomes",), network=True, wanted=True
        ),
        "follow_features": Rule("features along pre-training", "emergence", network=True, wanted=True),
        "pretrain_sparse": Rule(
            "sparse pre-trained models",
            "sparse",
            beside=("sparse_metrics",),
            network=True,
            directory=True,
            made_from=(("model", "pretrained"), ("corpus", "corpus")),
        ),
        "finetune_sparse": Rule(
            "fine-tuned models, sparse", "point_metrics", beside=("point_answers", "point_history"), network=True
        ),
        "prune_weights": Rule("curves of single weights", "weight_curve", network=True, wanted=True),
        "measure_movement": Rule("movement of weights", "movement", heavy=True, wanted=True),
        "tabulate_weights": Rule(TABLES, "weights", beside=("weights_csv",), wanted=True),
        "tabulate_languages": Rule(TABLES, "languages", beside=("languages_csv", "removals", "removals_csv"), wanted=True),
        "tabulate_reliability": Rule(TABLES, "reliability", wanted=True),
        "tabulate_importance": Rule(TABLES, "importances", wanted=True),
        "tabulate_recall": Rule(TABLES, "recall", beside=("recall_csv", "agreement", "agreement_csv"), wanted=True),
        "tabulate_required": Rule(TABLES, "required", beside=("required_heads", "required_text"), wanted=True),
        "tabulate_freezing": Rule(TABLES, "freezing", wanted=True),
        "tabulate_before_after": Rule(TABLES, "before_after", wanted=True),
        "tabulate_divergence": Rule(TABLES, "heads", beside=("layers",), wanted=True),
        "tabulate_scores": Rule(TABLES, "scores", beside=("averages",), wanted=True),
        "draw_figure": Rule(TABLES, "figure", wanted=True),
        "judge_claims": Rule(TABLES, "claims", beside=("claims_text",), wanted=True),
        "write_report": Rule(TABLES, "page", wanted=True),
        "compare_readings": Rule("other readings of the paper, measured", "readings", network=True, on_demand=True),
    },
)
