"""Importance of every head: estimated once (Eq. 2, 3), then normalised in as many ways as are compared (Eq. 4)."""


rule estimate_importance:
    input:
        model=lambda wildcards: ancient(model_of(wildcards)),
        manifest=lambda wildcards: manifest(model_of(wildcards)),
        data=data_of(PATHS.train),
        data_manifest=data_manifest,
    output:
        importance=PATHS.raw_importance,
    log:
        PATHS.log("estimate_importance"),
    benchmark:
        PATHS.benchmark("estimate_importance")
    conda:
        environment("estimate_importance")
    threads: THREADS
    resources:
        **CARD,
    params:
        **params("estimate_importance"),
    message:
        "{wildcards.model}: importance of its heads on {wildcards.any_task}, seed {wildcards.seed}"
    shell:
        command("estimate_importance", inputs="model data", outputs="importance")


rule tabulate_reliability:
    input:
        importances=JOBS.paths(PATHS.raw_importance, "estimate_importance"),
    output:
        table=PATHS.reliability,
    log:
        PATHS.log("tabulate_reliability"),
    benchmark:
        PATHS.benchmark("tabulate_reliability")
    conda:
        environment("tabulate_reliability")
    params:
        **params("tabulate_reliability"),
        lists=lists("importances"),
    message:
        "how far each importance can be trusted"
    shell:
        command("tabulate_reliability", params="lists", outputs="table")


rule normalize_importance:
    input:
        raw=PATHS.raw_importance,
    output:
        importance=PATHS.importance,
    log:
        PATHS.log("normalize_importance"),
    benchmark:
        PATHS.benchmark("normalize_importance")
    conda:
        environment("normalize_importance")
    params:
        **params("normalize_importance"),
    message:
        "{wildcards.model}: importance on {wildcards.any_task}, seed {wildcards.seed}, norm {wildcards.norm}"
    shell:
        command("normalize_importance", inputs="raw", outputs="importance")
