"""How far fine-tuning moves each head's attention and each layer's hidden states (§5)."""


rule measure_divergence:
    input:
        pretrained=lambda wildcards: ancient(started_from(wildcards)),
        pretrained_manifest=lambda wildcards: manifest(started_from(wildcards)),
        model=ancient(PATHS.checkpoint),
        manifest=manifest(PATHS.checkpoint),
        data=ancient(PATHS.train if STUDY.divergence.data == "train" else PATHS.validation),
        data_manifest=manifest(PATHS.task),
    output:
        divergence=PATHS.divergence,
    log:
        PATHS.log("measure_divergence"),
    benchmark:
        PATHS.benchmark("measure_divergence")
    conda:
        environment("measure_divergence")
    threads: THREADS
    resources:
        **CARD,
    params:
        **params("measure_divergence"),
    message:
        "{wildcards.model}: what fine-tuning on {wildcards.task} moved, seed {wildcards.seed}"
    shell:
        command("measure_divergence", inputs="pretrained model data", outputs="divergence")


rule tabulate_divergence:
    input:
        divergences=JOBS.paths(PATHS.divergence, "measure_divergence"),
        importances=JOBS.paths(PATHS.raw_importance, "estimate_importance"),
    output:
        heads=PATHS.heads,
        layers=PATHS.layers,
    log:
        PATHS.log("tabulate_divergence"),
    benchmark:
        PATHS.benchmark("tabulate_divergence")
    conda:
        environment("tabulate_divergence")
    params:
        **params("tabulate_divergence"),
        lists=lists("divergences", "importances"),
    message:
        "divergence and importance of every head"
    shell:
        command("tabulate_divergence", params="lists", outputs="heads layers")
