"""The pruning curve of a model on a task, one per seed and order."""


rule prune_curve:
    input:
        model=lambda wildcards: ancient(model_of(wildcards)),
        manifest=lambda wildcards: manifest(model_of(wildcards)),
        importance=ranked_by,
        data=curve_data,
        importance_data=importance_data,
        data_manifest=data_manifest,
    output:
        CURVE,
    log:
        log_file("prune_curve/{model}-{any_task}-seed{seed}-{order}"),
    benchmark:
        benchmark_file("prune_curve/{model}-{any_task}-seed{seed}-{order}")
    conda:
        environment("networks")
    threads: THREADS
    resources:
        gpu=GPUS,
    params:
        code=code("prune_curve"),
        columns=lambda wildcards: options(curve_columns(wildcards)),
        settings=lambda wildcards: options(curve_settings(wildcards)),
        device=STUDY.device,
        budget=STUDY.batch_tokens,
    message:
        "{wildcards.model}: pruning curve on {wildcards.any_task}, seed {wildcards.seed}, order {wildcards.order}"
    shell:
        script("prune_curve") + " --model {input.model} --importance {input.importance} --data {input.data}"
        " --importance-data {input.importance_data} --keys {params.columns:q} --settings {params.settings:q}"
        " --device {params.device} --budget {params.budget} --output {output} > {log} 2>&1"
