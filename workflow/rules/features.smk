"""Outlier features of the layers' output LayerNorms (Kovaleva et al. 2021): which there are, what disabling them does, when they emerge."""


rule measure_features:
    input:
        pretrained=ancient(PATHS.pretrained),
        manifest=manifest(PATHS.pretrained),
    output:
        features=PATHS.features,
    log:
        PATHS.log("measure_features"),
    benchmark:
        PATHS.benchmark("measure_features")
    conda:
        environment("measure_features")
    params:
        **params("measure_features"),
    message:
        "{wildcards.model}: scale and bias of every output LayerNorm"
    shell:
        command("measure_features", inputs="pretrained", outputs="features")


rule ablate_features:
    input:
        model=lambda wildcards: ancient(model_of(wildcards)),
        manifest=lambda wildcards: manifest(model_of(wildcards)),
        features=PATHS.features,
        data=data_of(PATHS.validation),
        data_manifest=data_manifest,
    output:
        ablation=PATHS.ablation,
        outcomes=PATHS.ablation_outcomes,
    log:
        PATHS.log("ablate_features"),
    benchmark:
        PATHS.benchmark("ablate_features")
    conda:
        environment("ablate_features")
    threads: THREADS
    resources:
        **CARD,
    params:
        **params("ablate_features"),
    message:
        "{wildcards.model}: disabling outlier features, {wildcards.any_task}, seed {wildcards.seed}"
    shell:
        command("ablate_features", inputs="model features data", outputs="ablation outcomes")


rule follow_features:
    input:
        model=ancient(PATHS.pretrained),
        manifest=manifest(PATHS.pretrained),
        data=ancient(PATHS.blocks),
        data_manifest=manifest(PATHS.blocks_directory),
    output:
        emergence=PATHS.emergence,
    log:
        PATHS.log("follow_features"),
    benchmark:
        PATHS.benchmark("follow_features")
    conda:
        environment("follow_features")
    threads: THREADS
    resources:
        **CARD,
    params:
        **params("follow_features"),
    message:
        "{wildcards.model}: features along its pre-training"
    shell:
        command("follow_features", inputs="model data", outputs="emergence")
