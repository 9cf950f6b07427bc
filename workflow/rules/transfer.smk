"""Which heads the pre-train task and the downstream tasks agree on, and what can be decided before fine-tuning."""


rule tabulate_recall:
    input:
        curves=lambda wildcards: transfer_curves([wildcards.model], STUDY.all_tasks),
        importances=lambda wildcards: expand(
            IMPORTANCE,
            model=wildcards.model,
            any_task=STUDY.all_tasks,
            seed=STUDY.seeds,
            norm=STUDY.transfer_norm_of(wildcards.model),
        ),
        metrics=lambda wildcards: expand(METRICS, model=wildcards.model, task=STUDY.tasks, seed=STUDY.seeds),
    output:
        recall=RECALL,
        recall_csv=Path(RECALL).with_suffix(".csv").as_posix(),
        agreement=AGREEMENT,
        agreement_csv=Path(AGREEMENT).with_suffix(".csv").as_posix(),
    log:
        log_file("tabulate_recall/{model}"),
    benchmark:
        benchmark_file("tabulate_recall/{model}")
    conda:
        environment("tables")
    params:
        code=code("tabulate_recall"),
        settings=options(STUDY.transfer.model_dump(include={"levels", "downstream_level", "crossing"})),
    message:
        "{wildcards.model}: recall of the required heads, and the runs' agreement"
    shell:
        script("tabulate_recall") + " --curves {input.curves} --importances {input.importances} --metrics {input.metrics}"
        " --settings {params.settings:q} --recall {output.recall} --agreement {output.agreement} > {log} 2>&1"


rule tabulate_freezing:
    input:
        frozen=each_run(FROZEN_METRICS, frozen_runs()),
        ordinary=each_run(METRICS, frozen_runs()),
    output:
        FREEZING,
    log:
        log_file("tabulate_freezing"),
    benchmark:
        benchmark_file("tabulate_freezing")
    conda:
        environment("tables")
    params:
        code=code("tabulate_freezing"),
    message:
        "scores with frozen lower layers, relative to the ordinary runs"
    shell:
        script("tabulate_freezing") + " --frozen {input.frozen} --ordinary {input.ordinary} --output {output} > {log} 2>&1"


rule tabulate_before_after:
    input:
        own=transfer_curves(pruned_first_models(), STUDY.tasks),
        transferred=transfer_curves(pruned_first_models(), STUDY.tasks, "pretrain-"),
        masked_lm=transfer_curves(pruned_first_models(), ["mlm"]),
        before=each_run(PRUNED_METRICS, STUDY.pruned_first, fraction=STUDY.before_after.fractions),
        ordinary=expand(METRICS, model=pruned_first_models(), task=STUDY.tasks, seed=STUDY.seeds),
    output:
        BEFORE_AFTER,
    log:
        log_file("tabulate_before_after"),
    benchmark:
        benchmark_file("tabulate_before_after")
    conda:
        environment("tables")
    params:
        code=code("tabulate_before_after"),
    message:
        "heads removed before and after fine-tuning"
    shell:
        script("tabulate_before_after") + " --own {input.own} --transferred {input.transferred}"
        " --masked-lm {input.masked_lm} --before {input.before} --ordinary {input.ordinary} --output {output} > {log} 2>&1"
