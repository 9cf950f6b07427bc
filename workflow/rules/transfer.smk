"""Which heads the pre-train task and the downstream tasks agree on, and what can be decided before fine-tuning."""


def of_all_tasks(pattern, rule, **about):
    """A file of every run of one model, in the norm that transfer is read in."""
    return lambda wildcards: JOBS.paths(
        pattern, rule, model=wildcards.model, norm=STUDY.transfer_norm_of(wildcards.model), **about
    )


def in_the_transfer_norm(task, criterion):
    """The curves of the models that are also pruned before fine-tuning."""
    models = {model for model, _ in STUDY.pruned_first}
    return [
        path
        for model in STUDY.models
        if model in models
        for path in JOBS.paths(
            PATHS.curve,
            "prune_curve",
            model=model,
            task=task,
            unit="head",
            criterion=criterion,
            norm=STUDY.transfer_norm_of(model),
        )
    ]


rule tabulate_recall:
    input:
        curves=of_all_tasks(PATHS.curve, "prune_curve", unit="head", criterion=OWN),
        orders=of_all_tasks(PATHS.order, "prune_curve", unit="head", criterion=OWN),
        importances=of_all_tasks(PATHS.importance, "normalize_importance"),
        metrics=lambda wildcards: JOBS.paths(PATHS.metrics, "finetune", model=wildcards.model),
    output:
        recall=PATHS.recall,
        recall_csv=csv(PATHS.recall),
        agreement=PATHS.agreement,
        agreement_csv=csv(PATHS.agreement),
    log:
        PATHS.log("tabulate_recall/{model}"),
    benchmark:
        PATHS.benchmark("tabulate_recall/{model}")
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
        ordinary=JOBS.paths(PATHS.metrics, "finetune", model=STUDY.frozen_models),
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
        own=in_the_transfer_norm(STUDY.tasks, OWN),
        transferred=in_the_transfer_norm(STUDY.tasks, TRANSFERRED),
        masked_lm=in_the_transfer_norm(MASKED_LM, OWN),
        before=JOBS.paths(PATHS.pruned_metrics, "finetune_pruned"),
        ordinary=JOBS.paths(PATHS.metrics, "finetune", model={model for model, _ in STUDY.pruned_first}),
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
