"""The pruning curve of a model on a task: one per seed, kind of unit, criterion and norm."""


rule prune_curve:
    input:
        model=lambda wildcards: ancient(model_of(wildcards)),
        manifest=lambda wildcards: manifest(model_of(wildcards)),
        metrics=lambda wildcards: JOBS.metrics_of(About.of(wildcards)),
        whole=whole_model,
        first=first_curve("prune_curve", PATHS.curve, PATHS.order, PATHS.outcomes),
        importance=lambda wildcards: JOBS.ranked_by(About.of(wildcards)),
        data=data_of(PATHS.validation),
        importance_data=data_of(PATHS.train),
        data_manifest=data_manifest,
    output:
        curve=PATHS.curve,
        order=PATHS.order,
        outcomes=PATHS.outcomes,
    log:
        PATHS.log("prune_curve"),
    benchmark:
        PATHS.benchmark("prune_curve")
    conda:
        environment("prune_curve")
    threads: THREADS
    resources:
        **CARD,
    params:
        **params("prune_curve"),
    message:
        "{wildcards.model}: removing units ({wildcards.unit}) by {wildcards.criterion}, {wildcards.any_task}, seed {wildcards.seed}, norm {wildcards.norm}"
    shell:
        command(
            "prune_curve", inputs="model metrics whole first importance data importance_data", outputs="curve order outcomes"
        )
