"""Models: pre-trained ones made or fetched, and fine-tuned ones."""

import re

PRETRAINED_HERE = [job.about.model for job in JOBS.of("pretrain_model")]
FETCHED = [job.about.model for job in JOBS.of("fetch_model")]
GONE_ON_WITH = [job.about.model for job in JOBS.of("pretrain_further")]


if PRETRAINED_HERE:

    rule pretrain_model:
        input:
            corpus=ancient(PATHS.corpus),
            manifest=manifest(PATHS.corpus),
        output:
            directory=directory(PATHS.pretrained),
            manifest=manifest(PATHS.pretrained),
        log:
            PATHS.log("pretrain_model"),
        benchmark:
            PATHS.benchmark("pretrain_model")
        wildcard_constraints:
            model="|".join(PRETRAINED_HERE),
        conda:
            environment("pretrain_model")
        threads: THREADS
        resources:
            **CARD,
        params:
            **params("pretrain_model"),
            work=work_directory("pretrain_model"),
        message:
            "{wildcards.model}: pre-training from scratch"
        shell:
            command("pretrain_model", inputs="corpus", params="work", outputs="directory")


if GONE_ON_WITH:

    rule fetch_original:
        output:
            directory=directory(PATHS.original),
            manifest=manifest(PATHS.original),
        log:
            PATHS.log("fetch_original"),
        benchmark:
            PATHS.benchmark("fetch_original")
        wildcard_constraints:
            model="|".join(GONE_ON_WITH),
        conda:
            environment("fetch_original")
        params:
            **params("fetch_original"),
            **source_of("fetch_original"),
            shipped=lambda wildcards: shipped_digest(STUDY.encoders[wildcards.model]),
        message:
            "{wildcards.model}: fetching the model to go on from"
        shell:
            command("fetch_original", params="content seen", outputs="directory")

    rule pretrain_further:
        input:
            original=ancient(PATHS.original),
            original_manifest=manifest(PATHS.original),
            corpus=ancient(PATHS.corpus),
            manifest=manifest(PATHS.corpus),
        output:
            directory=directory(PATHS.pretrained),
            manifest=manifest(PATHS.pretrained),
        log:
            PATHS.log("pretrain_further"),
        benchmark:
            PATHS.benchmark("pretrain_further")
        wildcard_constraints:
            model="|".join(GONE_ON_WITH),
        conda:
            environment("pretrain_further")
        threads: THREADS
        resources:
            **CARD,
        params:
            **params("pretrain_further"),
            work=work_directory("pretrain_further"),
        message:
            "{wildcards.model}: going on with masked LM"
        shell:
            command("pretrain_further", inputs="original corpus", params="work", outputs="directory")


if FETCHED:

    rule fetch_model:
        output:
            directory=directory(PATHS.pretrained),
            manifest=manifest(PATHS.pretrained),
        log:
            PATHS.log("fetch_model"),
        benchmark:
            PATHS.benchmark("fetch_model")
        wildcard_constraints:
            model="|".join(FETCHED),
        conda:
            environment("fetch_model")
        params:
            **params("fetch_model"),
            **source_of("fetch_model"),
            shipped=lambda wildcards: shipped_digest(STUDY.encoders[wildcards.model]),
        message:
            "{wildcards.model}: fetching the pre-trained model"
        shell:
            command("fetch_model", params="content seen", outputs="directory")


# Of runs that come fine-tuned the paths are those of the others: what stands before them tells them apart.
FINE_TUNED_ELSEWHERE = sorted({f"{job.about.model}/{job.about.task}/" for job in JOBS.of("fetch_finetuned")})
ELSEWHERE = "|".join(re.escape(place) for place in FINE_TUNED_ELSEWHERE)
MODELS = "|".join(re.escape(model) for model in STUDY.models)


if FINE_TUNED_ELSEWHERE:

    rule fetch_finetuned:
        input:
            pretrained=lambda wildcards: ancient(started_from(wildcards)) if started_from(wildcards) else [],
            manifest=lambda wildcards: manifest(started_from(wildcards)) if started_from(wildcards) else [],
            train=ancient(PATHS.train),
            validation=ancient(PATHS.validation),
            data_manifest=manifest(PATHS.task),
        output:
            directory=directory(PATHS.checkpoint),
            manifest=manifest(PATHS.checkpoint),
            metrics=PATHS.metrics,
            outcomes=PATHS.answers,
        log:
            PATHS.log("fetch_finetuned"),
        benchmark:
            PATHS.benchmark("fetch_finetuned")
        wildcard_constraints:
            model=f"(?={ELSEWHERE})(?:{MODELS})",
        conda:
            environment("fetch_finetuned")
        threads: THREADS
        resources:
            **CARD,
        params:
            **params("fetch_finetuned"),
            **source_of("fetch_finetuned"),
        message:
            "{wildcards.model}: fetching the model that is fine-tuned on {wildcards.task}, seed {wildcards.seed}"
        shell:
            command(
                "fetch_finetuned",
                inputs="pretrained train validation",
                params="content seen",
                outputs="metrics outcomes directory",
            )


rule finetune:
    input:
        model=lambda wildcards: ancient(started_from(wildcards)),
        manifest=lambda wildcards: manifest(started_from(wildcards)),
        train=ancient(PATHS.train),
        validation=ancient(PATHS.validation),
        data_manifest=manifest(PATHS.task),
    output:
        directory=directory(PATHS.checkpoint),
        manifest=manifest(PATHS.checkpoint),
        metrics=PATHS.metrics,
        outcomes=PATHS.answers,
        history=PATHS.history,
    log:
        PATHS.log("finetune"),
    benchmark:
        PATHS.benchmark("finetune")
    wildcard_constraints:
        model=f"(?!{ELSEWHERE})(?:{MODELS})" if ELSEWHERE else MODELS,
    conda:
        environment("finetune")
    threads: THREADS
    resources:
        **CARD,
    params:
        **params("finetune"),
        work=work_directory("finetune"),
    message:
        "{wildcards.model}: fine-tuning on {wildcards.task}, seed {wildcards.seed}"
    shell:
        command("finetune", inputs="model train validation", params="work", outputs="metrics outcomes directory history")


rule finetune_frozen:
    input:
        model=lambda wildcards: ancient(started_from(wildcards)),
        manifest=lambda wildcards: manifest(started_from(wildcards)),
        train=ancient(PATHS.train),
        validation=ancient(PATHS.validation),
        data_manifest=manifest(PATHS.task),
    output:
        directory=directory(PATHS.frozen_checkpoint),
        manifest=manifest(PATHS.frozen_checkpoint),
        metrics=PATHS.frozen_metrics,
        outcomes=PATHS.frozen_answers,
        history=PATHS.frozen_history,
    log:
        PATHS.log("finetune_frozen"),
    benchmark:
        PATHS.benchmark("finetune_frozen")
    conda:
        environment("finetune_frozen")
    threads: THREADS
    resources:
        **CARD,
    params:
        **params("finetune_frozen"),
        work=work_directory("finetune_frozen"),
    message:
        "{wildcards.model}: fine-tuning on {wildcards.task} with frozen {wildcards.arm}, seed {wildcards.seed}"
    shell:
        command("finetune_frozen", inputs="model train validation", params="work", outputs="metrics outcomes directory history")


rule finetune_pruned:
    input:
        model=lambda wildcards: ancient(started_from(wildcards)),
        manifest=lambda wildcards: manifest(started_from(wildcards)),
        train=ancient(PATHS.train),
        validation=ancient(PATHS.validation),
        data_manifest=manifest(PATHS.task),
        importance=pretrain_importance,
    output:
        metrics=PATHS.pruned_metrics,
        outcomes=PATHS.pruned_answers,
    log:
        PATHS.log("finetune_pruned"),
    benchmark:
        PATHS.benchmark("finetune_pruned")
    conda:
        environment("finetune_pruned")
    threads: THREADS
    resources:
        **CARD,
    params:
        **params("finetune_pruned"),
        work=work_directory("finetune_pruned"),
    message:
        "{wildcards.model}: fine-tuning on {wildcards.task} with heads removed ({wildcards.criterion}, {wildcards.point}), seed {wildcards.seed}"
    shell:
        command("finetune_pruned", inputs="model train validation importance", params="work", outputs="metrics outcomes")
