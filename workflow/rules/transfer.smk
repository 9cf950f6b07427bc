"""Which heads the pre-train task and the downstream tasks agree on, and what can be decided before fine-tuning."""

PRUNED_FIRST = shown_models(STUDY, "pruned_first")


rule tabulate_recall:
    input:
        curves=lambda wildcards: JOBS.in_transfer_norm(
            PATHS.curve, "prune_curve", [wildcards.model], unit="head", criterion=OWN
        ),
        orders=lambda wildcards: JOBS.in_transfer_norm(
            PATHS.order, "prune_curve", [wildcards.model], unit="head", criterion=OWN
        ),
        importances=lambda wildcards: JOBS.in_transfer_norm(PATHS.importance, "normalize_importance", [wildcards.model]),
        metrics=lambda wildcards: JOBS.paths(PATHS.metrics, FINE_TUNED, model=wildcards.model),
    output:
        recall=PATHS.recall,
        recall_csv=PATHS.recall_csv,
        agreement=PATHS.agreement,
        agreement_csv=PATHS.agreement_csv,
    log:
        PATHS.log("tabulate_recall"),
    benchmark:
        PATHS.benchmark("tabulate_recall")
    conda:
        environment("tabulate_recall")
    params:
        **params("tabulate_recall"),
        lists=lists("curves", "orders", "importances", "metrics"),
    message:
        "{wildcards.model}: recall of the required heads, and the runs' agreement"
    shell:
        command("tabulate_recall", params="lists", outputs="recall agreement")


rule tabulate_freezing:
    input:
        frozen=JOBS.paths(PATHS.frozen_metrics, "finetune_frozen"),
        ordinary=JOBS.paths(PATHS.metrics, FINE_TUNED, model=STUDY.frozen_models),
    output:
        table=PATHS.freezing,
    log:
        PATHS.log("tabulate_freezing"),
    benchmark:
        PATHS.benchmark("tabulate_freezing")
    conda:
        environment("tabulate_freezing")
    params:
        **params("tabulate_freezing"),
        lists=lists("frozen", "ordinary"),
    message:
        "scores with frozen lower layers, relative to the ordinary runs"
    shell:
        command("tabulate_freezing", params="lists", outputs="table")


rule tabulate_before_after:
    input:
        own=JOBS.in_transfer_norm(PATHS.curve, "prune_curve", PRUNED_FIRST, task=STUDY.tasks, unit="head", criterion=OWN),
        transferred=JOBS.in_transfer_norm(
            PATHS.curve, "prune_curve", PRUNED_FIRST, task=STUDY.tasks, unit="head", criterion=TRANSFERRED
        ),
        masked_lm=JOBS.in_transfer_norm(PATHS.curve, "prune_curve", PRUNED_FIRST, task=MASKED_LM, unit="head", criterion=OWN),
        before=JOBS.paths(PATHS.pruned_metrics, "finetune_pruned", criterion=TRANSFERRED),
        ordinary=JOBS.paths(PATHS.metrics, FINE_TUNED, model={model for model, _ in STUDY.pruned_first}),
    output:
        table=PATHS.before_after,
    log:
        PATHS.log("tabulate_before_after"),
    benchmark:
        PATHS.benchmark("tabulate_before_after")
    conda:
        environment("tabulate_before_after")
    params:
        **params("tabulate_before_after"),
        lists=lists("own", "transferred", "masked_lm", "before", "ordinary"),
    message:
        "heads removed before and after fine-tuning"
    shell:
        command("tabulate_before_after", params="lists", outputs="table")
