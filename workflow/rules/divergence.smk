"""How far fine-tuning moves each head's attention and each layer's hidden states (§5)."""


rule measure_divergence:
    input:
        pretrained=ancient(PRETRAINED),
        pretrained_manifest=manifest(PRETRAINED),
        model=ancient(CHECKPOINT),
        manifest=manifest(CHECKPOINT),
        data=ancient(TASK_TRAIN if STUDY.divergence.data == "train" else TASK_VALIDATION),
        data_manifest=manifest(TASK_DATA),
    output:
        DIVERGENCE,
    log:
        log_file("measure_divergence/{model}-{task}-seed{seed}"),
    benchmark:
        benchmark_file("measure_divergence/{model}-{task}-seed{seed}")
    conda:
        environment("networks")
    threads: THREADS
    resources:
        gpu=GPUS,
    params:
        code=code("measure_divergence"),
        settings=lambda wildcards: options(divergence_settings(wildcards)),
        device=STUDY.device,
        budget=STUDY.batch_tokens,
    message:
        "{wildcards.model}: what fine-tuning on {wildcards.task} moved, seed {wildcards.seed}"
    shell:
        script("measure_divergence") + " --pretrained {input.pretrained} --model {input.model} --data {input.data}"
        " --task {wildcards.task} --seed {wildcards.seed} --settings {params.settings:q} --device {params.device}"
        " --budget {params.budget} --output {output} > {log} 2>&1"


rule tabulate_divergence:
    input:
        divergences=each_run(DIVERGENCE, all_runs()),
        importances=[raw_importance(run, run["task"]) for run in runs_in_full()],
        pretrain_importances=[raw_importance(run, "mlm") for run in runs_in_full()],
    output:
        heads=HEADS,
        layers=LAYERS,
    log:
        log_file("tabulate_divergence"),
    benchmark:
        benchmark_file("tabulate_divergence")
    conda:
        environment("tables")
    params:
        code=code("tabulate_divergence"),
        runs=options(runs_in_full()),
    message:
        "divergence and importance of every head"
    shell:
        script("tabulate_divergence")
        + " --runs {params.runs:q} --divergences {input.divergences} --importances {input.importances}"
        " --pretrain-importances {input.pretrain_importances} --heads {output.heads} --layers {output.layers} > {log} 2>&1"
