"""Models: pre-trained ones made or fetched, and fine-tuned ones."""

PRETRAINED_HERE = [model for model in STUDY.models if STUDY.encoders[model].pretrain]
FETCHED = [model for model in STUDY.models if not STUDY.encoders[model].pretrain]


if PRETRAINED_HERE:

    rule pretrain_model:
        input:
            corpus=ancient(CORPUS),
            manifest=manifest(CORPUS),
        output:
            directory=directory(PRETRAINED),
            manifest=manifest(PRETRAINED),
        log:
            log_file("pretrain_model/{model}"),
        benchmark:
            benchmark_file("pretrain_model/{model}")
        wildcard_constraints:
            model="|".join(PRETRAINED_HERE),
        conda:
            environment("networks")
        threads: THREADS
        resources:
            gpu=GPUS,
        params:
            code=code("pretrain_model"),
            family=lambda wildcards: STUDY.encoders[wildcards.model].family,
            settings=lambda wildcards: options(pretrain_settings(wildcards)),
            shape=lambda wildcards: options(STUDY.encoders[wildcards.model].pretrain.shape),
            work=lambda wildcards: work_directory(
                f"pretrain-{wildcards.model}", "pretrain_model", wildcards, STUDY.encoders[wildcards.model]
            ),
            device=STUDY.device,
        message:
            "{wildcards.model}: pre-training from scratch"
        shell:
            script("pretrain_model") + " --corpus {input.corpus} --family {params.family} --settings {params.settings:q}"
            " --shape {params.shape:q} --device {params.device} --work {params.work} --output {output.directory} > {log} 2>&1"


if FETCHED:

    rule fetch_model:
        output:
            directory=directory(PRETRAINED),
            manifest=manifest(PRETRAINED),
        log:
            log_file("fetch_model/{model}"),
        benchmark:
            benchmark_file("fetch_model/{model}")
        wildcard_constraints:
            model="|".join(FETCHED),
        conda:
            environment("networks")
        params:
            code=code("fetch_model"),
            shipped=lambda wildcards: shipped_digest(wildcards.model),
            settings=lambda wildcards: options(
                STUDY.encoders[wildcards.model].model_dump(include={"family", "source", "revision", "random_weights", "heads"})
            ),
        message:
            "{wildcards.model}: fetching the pre-trained model"
        shell:
            script("fetch_model") + " --model {wildcards.model} --settings {params.settings:q}"
            " --output {output.directory} > {log} 2>&1"


rule finetune:
    input:
        model=ancient(PRETRAINED),
        manifest=manifest(PRETRAINED),
        train=ancient(TASK_TRAIN),
        validation=ancient(TASK_VALIDATION),
        data_manifest=manifest(TASK_DATA),
    output:
        directory=directory(CHECKPOINT),
        manifest=manifest(CHECKPOINT),
        metrics=METRICS,
        history=TRAINING_LOG,
    log:
        log_file("finetune/{model}-{task}-seed{seed}"),
    benchmark:
        benchmark_file("finetune/{model}-{task}-seed{seed}")
    conda:
        environment("networks")
    threads: THREADS
    resources:
        gpu=GPUS,
    params:
        **finetuning_settings("finetune"),
    message:
        "{wildcards.model}: fine-tuning on {wildcards.task}, seed {wildcards.seed}"
    shell:
        finetuning("finetune") + " --output {output.directory} --history {output.history} > {log} 2>&1"


rule finetune_frozen:
    input:
        model=ancient(PRETRAINED),
        manifest=manifest(PRETRAINED),
        train=ancient(TASK_TRAIN),
        validation=ancient(TASK_VALIDATION),
        data_manifest=manifest(TASK_DATA),
    output:
        directory=directory(FROZEN),
        manifest=manifest(FROZEN),
        metrics=FROZEN_METRICS,
        history=FROZEN_LOG,
    log:
        log_file("finetune_frozen/{model}-{task}-seed{seed}"),
    benchmark:
        benchmark_file("finetune_frozen/{model}-{task}-seed{seed}")
    conda:
        environment("networks")
    threads: THREADS
    resources:
        gpu=GPUS,
    params:
        **finetuning_settings("finetune_frozen", STUDY.freezing),
        layers=STUDY.freezing.layers,
    message:
        "{wildcards.model}: fine-tuning on {wildcards.task} with frozen lower layers, seed {wildcards.seed}"
    shell:
        finetuning("finetune_frozen") + " --layers {params.layers}"
        " --output {output.directory} --history {output.history} > {log} 2>&1"


rule finetune_pruned:
    input:
        model=ancient(PRETRAINED),
        manifest=manifest(PRETRAINED),
        train=ancient(TASK_TRAIN),
        validation=ancient(TASK_VALIDATION),
        data_manifest=manifest(TASK_DATA),
        importance=lambda wildcards: IMPORTANCE.format(
            model=wildcards.model, any_task="mlm", seed=wildcards.seed, norm=STUDY.transfer_norm_of(wildcards.model)
        ),
    output:
        metrics=PRUNED_METRICS,
    log:
        log_file("finetune_pruned/{model}-{task}-seed{seed}-{fraction}"),
    benchmark:
        benchmark_file("finetune_pruned/{model}-{task}-seed{seed}-{fraction}")
    conda:
        environment("networks")
    threads: THREADS
    resources:
        gpu=GPUS,
    params:
        **finetuning_settings("finetune_pruned", STUDY.transfer.norm),
    message:
        "{wildcards.model}: fine-tuning on {wildcards.task} without {wildcards.fraction} of its heads, seed {wildcards.seed}"
    shell:
        finetuning("finetune_pruned") + " --importance {input.importance} --fraction {wildcards.fraction}" " > {log} 2>&1"
