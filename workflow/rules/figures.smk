"""Scores, figures and table 1, from tables alone."""

DRAWN = PATHS.figure("{figure}")


rule tabulate_scores:
    input:
        metrics=JOBS.paths(PATHS.metrics, FINE_TUNED),
    output:
        scores=PATHS.scores,
        averages=PATHS.averages,
    log:
        PATHS.log("tabulate_scores"),
    benchmark:
        PATHS.benchmark("tabulate_scores")
    conda:
        environment("tabulate_scores")
    params:
        **params("tabulate_scores"),
        lists=lists("metrics"),
    message:
        "every run's score, and the mean per model"
    shell:
        command("tabulate_scores", params="lists", outputs="scores averages")


rule tabulate_importance:
    input:
        importances=JOBS.in_transfer_norm(PATHS.importance, "normalize_importance", STUDY.head_models),
    output:
        table=PATHS.importances,
    log:
        PATHS.log("tabulate_importance"),
    benchmark:
        PATHS.benchmark("tabulate_importance")
    conda:
        environment("tabulate_importance")
    params:
        **params("tabulate_importance"),
        lists=lists("importances"),
    message:
        "the importance of every head"
    shell:
        command("tabulate_importance", params="lists", outputs="table")


rule draw_figure:
    input:
        unpack(lambda wildcards: JOBS.figure_inputs(wildcards.figure)),
    output:
        svg=report(DRAWN["svg"], category="Figures", labels={"figure": "{figure}"}),
        png=DRAWN["png"],
        csv=DRAWN["csv"],
    log:
        PATHS.log("draw_figure"),
    benchmark:
        PATHS.benchmark("draw_figure")
    conda:
        environment("draw_figure")
    params:
        **params("draw_figure"),
        lists=lambda wildcards, input: argument_file(input, FIGURES[wildcards.figure].inputs),
    message:
        "{wildcards.figure}: drawing"
    shell:
        command("draw_figure", params="lists", outputs="svg")
