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
                f"pretrain-{wildcards.model}", "pretrain_model", STUDY.encoders[wildcards.model]
            ),
            device=STUDY.device,
        message:
            "{wildcards.model}: pre-training from scratch"
        shell:
            network_script("pretrain_model")
            + " --corpus {input.corpus} --family {params.family} --settings {params.settings:q}"
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
            network_script("fetch_model") + " --settings {params.settings:q} --output {output.directory} > {log} 2>&1"


rule finetune:
    input:
        model=ancient(PRETRAINED),
        manifest=manifest(PRETRAINED),
        train=TASK_TRAIN,
        validation=TASK_VALIDATION,
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
        code=code("finetune"),
        columns=lambda wildcards: options(run_columns(wildcards)),
        recipe=lambda wildcards: options(recipe(wildcards)),
        work=lambda wildcards: work_directory(
            f"finetune-{wildcards.model}-{wildcards.task}-seed{wildcards.seed}",
            "finetune",
            STUDY.encoders[wildcards.model],
            STUDY.recipe(wildcards.model, wildcards.task),
        ),
        device=STUDY.device,
        budget=STUDY.batch_tokens,
    message:
        "{wildcards.model}: fine-tuning on {wildcards.task}, seed {wildcards.seed}"
    shell:
        network_script("finetune") + " --model {input.model} --train {input.train} --validation {input.validation}"
        " --run {params.columns:q} --recipe {params.recipe:q} --device {params.device}"
        " --budget {params.budget} --work {params.work} --output {output.directory} --metrics {output.metrics}"
        " --history {output.history} > {log} 2>&1"
