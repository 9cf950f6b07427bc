"""Figures and table 1, from tables alone, in the paper's order; then those that the paper does not have."""


rule draw_downstream_curves:
    input:
        curves=curves(STUDY.tasks, main_models()),
        metrics=each_run(METRICS, [(model, task) for model, task in all_runs() if model in main_models()]),
    output:
        **drawn("figure1", "how many heads can go: the downstream tasks"),
    log:
        log_file("draw_downstream_curves"),
    benchmark:
        benchmark_file("draw_downstream_curves")
    conda:
        environment("tables")
    params:
        code=code("draw_downstream_curves"),
        study=options(drawing(main_models())),
    message:
        "figure 1: relative performance of pruned models on the downstream tasks"
    shell:
        script("draw_downstream_curves") + " --curves {input.curves} --metrics {input.metrics} --study {params.study:q}"
        " --output {output.svg} > {log} 2>&1"


rule draw_masked_lm_curves:
    input:
        curves=curves(["mlm"]),
    output:
        **drawn("figure2", "how many heads can go: masked LM"),
    log:
        log_file("draw_masked_lm_curves"),
    benchmark:
        benchmark_file("draw_masked_lm_curves")
    conda:
        environment("tables")
    params:
        code=code("draw_masked_lm_curves"),
        study=options(drawing(STUDY.models)),
    message:
        "figure 2: relative performance of pruned models on masked LM"
    shell:
        script("draw_masked_lm_curves") + " --curves {input.curves} --study {params.study:q} --output {output.svg}"
        " > {log} 2>&1"


rule draw_recall:
    input:
        expand(RECALL, model=STUDY.models),
    output:
        **drawn("figure3", "recall of the required heads"),
    log:
        log_file("draw_recall"),
    benchmark:
        benchmark_file("draw_recall")
    conda:
        environment("tables")
    params:
        code=code("draw_recall"),
        study=options({**drawing(STUDY.models), "crossing": STUDY.transfer.crossing}),
    message:
        "figure 3: do the pre-train task's required heads cover the downstream tasks'?"
    shell:
        script("draw_recall") + " --recall {input} --study {params.study:q} --output {output.svg} > {log} 2>&1"


rule draw_divergence:
    input:
        heads=HEADS,
        layers=LAYERS,
        metrics=all_metrics(),
    output:
        **drawn("figure4", "what fine-tuning moves"),
        maps_svg=report_mark(picture("divergence_maps")["svg"], "what fine-tuning moves, head by head"),
        maps_png=picture("divergence_maps")["png"],
        maps_csv=picture("divergence_maps")["csv"],
    log:
        log_file("draw_divergence"),
    benchmark:
        benchmark_file("draw_divergence")
    conda:
        environment("tables")
    params:
        code=code("draw_divergence"),
        study=options(drawing(STUDY.models)),
    message:
        "figure 4: divergence of attention and of hidden states, layer by layer"
    shell:
        script("draw_divergence")
        + " --heads {input.heads} --layers {input.layers} --metrics {input.metrics} --study {params.study:q}"
        " --output {output.svg} --maps {output.maps_svg} > {log} 2>&1"


if appendix_models():

    rule draw_appendix_curves:
        input:
            curves=curves(STUDY.tasks, appendix_models()),
            metrics=each_run(METRICS, [(model, task) for model, task in all_runs() if model in appendix_models()]),
        output:
            **drawn("figure5", "how many heads can go: a large model with shared layers"),
        log:
            log_file("draw_appendix_curves"),
        benchmark:
            benchmark_file("draw_appendix_curves")
        conda:
            environment("tables")
        params:
            code=code("draw_appendix_curves"),
            study=options(drawing(appendix_models())),
        message:
            "figure 5: relative performance of the third pruned model on the downstream tasks"
        shell:
            script("draw_appendix_curves") + " --curves {input.curves} --metrics {input.metrics} --study {params.study:q}"
            " --output {output.svg} > {log} 2>&1"


rule draw_importance_divergence:
    input:
        heads=HEADS,
        metrics=all_metrics(),
    output:
        **drawn("figure6", "importance against divergence"),
    log:
        log_file("draw_importance_divergence"),
    benchmark:
        benchmark_file("draw_importance_divergence")
    conda:
        environment("tables")
    params:
        code=code("draw_importance_divergence"),
        study=options(drawing(main_model())),
    message:
        "figure 6: are the important heads those that move?"
    shell:
        script("draw_importance_divergence")
        + " --heads {input.heads} --metrics {input.metrics} --study {params.study:q} --output {output.svg} > {log} 2>&1"


rule tabulate_scores:
    input:
        metrics=all_metrics(),
    output:
        **drawn("table1", "data and scores"),
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


rule draw_agreement:
    input:
        expand(AGREEMENT, model=STUDY.models),
    output:
        **drawn("agreement", "do runs agree on the heads?"),
    log:
        log_file("draw_agreement"),
    benchmark:
        benchmark_file("draw_agreement")
    conda:
        environment("tables")
    params:
        code=code("draw_agreement"),
        study=options(drawing(STUDY.models)),
    message:
        "agreement of tasks and seeds on which heads matter"
    shell:
        script("draw_agreement") + " --agreement {input} --study {params.study:q} --output {output.svg} > {log} 2>&1"


rule draw_before_after:
    input:
        BEFORE_AFTER,
    output:
        **drawn("before_after", "before or after fine-tuning?"),
    log:
        log_file("draw_before_after"),
    benchmark:
        benchmark_file("draw_before_after")
    conda:
        environment("tables")
    params:
        code=code("draw_before_after"),
        study=options(drawing(pruned_first_models())),
    message:
        "heads removed before fine-tuning against heads removed after it"
    shell:
        script("draw_before_after") + " --table {input} --study {params.study:q} --output {output.svg} > {log} 2>&1"
