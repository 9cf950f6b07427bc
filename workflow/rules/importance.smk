"""Importance of every head: estimated once (Eq. 2, 3), then normalised in as many ways as are compared (Eq. 4)."""


rule estimate_importance:
    input:
        model=lambda wildcards: ancient(model_of(wildcards)),
        manifest=lambda wildcards: manifest(model_of(wildcards)),
        data=importance_data,
        data_manifest=data_manifest,
    output:
        RAW_IMPORTANCE,
    log:
        log_file("estimate_importance/{model}-{any_task}-seed{seed}"),
    benchmark:
        benchmark_file("estimate_importance/{model}-{any_task}-seed{seed}")
    conda:
        environment("networks")
    threads: THREADS
    resources:
        gpu=GPUS,
    params:
        code=code("estimate_importance"),
        settings=lambda wildcards: options(importance_settings(wildcards)),
        device=STUDY.device,
        budget=STUDY.batch_tokens,
    message:
        "{wildcards.model}: importance of its heads on {wildcards.any_task}, seed {wildcards.seed}"
    shell:
        script("estimate_importance") + " --model {input.model} --data {input.data} --task {wildcards.any_task}"
        " --seed {wildcards.seed} --settings {params.settings:q} --device {params.device} --budget {params.budget}"
        " --output {output} > {log} 2>&1"


rule normalize_importance:
    input:
        RAW_IMPORTANCE,
    output:
        IMPORTANCE,
    log:
        log_file("normalize_importance/{model}-{any_task}-seed{seed}-{norm}"),
    benchmark:
        benchmark_file("normalize_importance/{model}-{any_task}-seed{seed}-{norm}")
    conda:
        environment("tables")
    params:
        code=code("normalize_importance"),
    message:
        "{wildcards.model}: importance on {wildcards.any_task}, seed {wildcards.seed}, norm {wildcards.norm}"
    shell:
        script("normalize_importance") + " --raw {input} --norm {wildcards.norm} --output {output} > {log} 2>&1"
