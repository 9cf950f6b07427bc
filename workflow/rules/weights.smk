"""Single weights pruned before transfer (Gordon et al. 2020): what is left, with and without training; how fine-tuning moves them."""


rule pretrain_sparse:
    input:
        model=ancient(PATHS.pretrained),
        manifest=manifest(PATHS.pretrained),
        corpus=ancient(PATHS.corpus),
        corpus_manifest=manifest(PATHS.corpus),
    output:
        directory=sparse_model(PATHS.sparse),
        manifest=manifest(PATHS.sparse),
        metrics=PATHS.sparse_metrics,
    log:
        PATHS.log("pretrain_sparse"),
    benchmark:
        PATHS.benchmark("pretrain_sparse")
    conda:
        environment("pretrain_sparse")
    threads: THREADS
    resources:
        **CARD,
    params:
        **params("pretrain_sparse"),
        work=work_directory("pretrain_sparse"),
    message:
        "{wildcards.model}: going on with masked LM without {wildcards.fraction} of its weights ({wildcards.criterion}), seed {wildcards.seed}"
    shell:
        command("pretrain_sparse", inputs="model corpus", params="work", outputs="directory metrics")


rule finetune_sparse:
    input:
        model=lambda wildcards: ancient(started_sparse(wildcards)),
        manifest=lambda wildcards: manifest(started_sparse(wildcards)),
        train=ancient(PATHS.train),
        validation=ancient(PATHS.validation),
        data_manifest=manifest(PATHS.task),
    output:
        metrics=PATHS.point_metrics,
        outcomes=PATHS.point_answers,
        history=PATHS.point_history,
    log:
        PATHS.log("finetune_sparse"),
    benchmark:
        PATHS.benchmark("finetune_sparse")
    conda:
        environment("finetune_sparse")
    threads: THREADS
    resources:
        **CARD,
    params:
        **params("finetune_sparse"),
        work=work_directory("finetune_sparse"),
    message:
        "{wildcards.model}: {wildcards.task} without {wildcards.fraction} of its weights ({wildcards.criterion}, {wildcards.arm}), seed {wildcards.seed}"
    shell:
        command("finetune_sparse", inputs="model train validation", params="work", outputs="metrics outcomes history")


rule prune_weights:
    input:
        model=lambda wildcards: ancient(model_of(wildcards)),
        manifest=lambda wildcards: manifest(model_of(wildcards)),
        metrics=lambda wildcards: JOBS.metrics_of(About.of(wildcards)),
        reference=lambda wildcards: (
            ancient(PATHS.pretrained.format(**wildcards)) if wildcards.criterion == "pretrain_magnitude" else []
        ),
        reference_manifest=lambda wildcards: (
            manifest(PATHS.pretrained.format(**wildcards)) if wildcards.criterion == "pretrain_magnitude" else []
        ),
        first=first_curve("prune_weights", PATHS.weight_curve),
        data=data_of(PATHS.validation),
        data_manifest=data_manifest,
    output:
        curve=PATHS.weight_curve,
    log:
        PATHS.log("prune_weights"),
    benchmark:
        PATHS.benchmark("prune_weights")
    conda:
        environment("prune_weights")
    threads: THREADS
    resources:
        **CARD,
    params:
        **params("prune_weights"),
    message:
        "{wildcards.model}: removing single weights by {wildcards.criterion}, {wildcards.any_task}, seed {wildcards.seed}"
    shell:
        command("prune_weights", inputs="model metrics reference first data", outputs="curve")


rule measure_movement:
    input:
        pretrained=ancient(PATHS.pretrained),
        pretrained_manifest=manifest(PATHS.pretrained),
        model=ancient(PATHS.checkpoint),
        manifest=manifest(PATHS.checkpoint),
    output:
        movement=PATHS.movement,
    log:
        PATHS.log("measure_movement"),
    benchmark:
        PATHS.benchmark("measure_movement")
    conda:
        environment("measure_movement")
    params:
        **params("measure_movement"),
    message:
        "{wildcards.model}: weights moved by fine-tuning on {wildcards.task}, seed {wildcards.seed}"
    shell:
        command("measure_movement", inputs="pretrained model", outputs="movement")


rule tabulate_weights:
    input:
        pretrained=JOBS.paths(PATHS.sparse_metrics, "pretrain_sparse"),
        points=JOBS.paths(PATHS.point_metrics, "finetune_sparse"),
    output:
        weights=PATHS.weights,
        csv=PATHS.weights_csv,
    log:
        PATHS.log("tabulate_weights"),
    benchmark:
        PATHS.benchmark("tabulate_weights")
    conda:
        environment("tabulate_weights")
    params:
        **params("tabulate_weights"),
        lists=lists("pretrained", "points"),
    message:
        "sparse models: what is left in each arm"
    shell:
        command("tabulate_weights", params="lists", outputs="weights")
