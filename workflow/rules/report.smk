"""Figures and tables, from tables alone."""


rule draw_downstream_curves:
    input:
        curves=curves(STUDY.tasks),
        metrics=all_metrics(),
    output:
        **picture("figure1"),
    log:
        log_file("draw_downstream_curves"),
    benchmark:
        benchmark_file("draw_downstream_curves")
    conda:
        environment("tables")
    params:
        code=code("draw_downstream_curves"),
        study=options({"models": STUDY.models, "tasks": STUDY.tasks, "shared": shared_models()}),
    message:
        "figure 1: relative performance of pruned models on the downstream tasks"
    shell:
        script("draw_downstream_curves") + " --curves {input.curves} --metrics {input.metrics} --study {params.study:q}"
        " --output {output.svg} > {log} 2>&1"


rule draw_masked_lm_curves:
    input:
        curves=curves(["mlm"]),
    output:
        **picture("figure2"),
    log:
        log_file("draw_masked_lm_curves"),
    benchmark:
        benchmark_file("draw_masked_lm_curves")
    conda:
        environment("tables")
    params:
        code=code("draw_masked_lm_curves"),
        study=options({"models": STUDY.models, "shared": shared_models()}),
    message:
        "figure 2: relative performance of pruned models on masked LM"
    shell:
        script("draw_masked_lm_curves") + " --curves {input.curves} --study {params.study:q} --output {output.svg}"
        " > {log} 2>&1"


rule tabulate_scores:
    input:
        metrics=all_metrics(),
    output:
        **picture("table1"),
        scores=SCORES,
        averages=AVERAGES,
    log:
        log_file("tabulate_scores"),
    benchmark:
        benchmark_file("tabulate_scores")
    conda:
        environment("tables")
    params:
        code=code("tabulate_scores"),
    message:
        "table 1: data and scores"
    shell:
        script("tabulate_scores")
        + " --metrics {input.metrics} --scores {output.scores} --averages {output.averages} --output {output.svg}"
        " > {log} 2>&1"
