"""A multilingual model that loses heads before it is fine-tuned in one language, and is asked in several (Budhraja et al. 2021)."""

LANGUAGE_MODELS, LANGUAGE_TASKS = STUDY.language_models, STUDY.language_tasks


rule transfer_pruned:
    input:
        model=lambda wildcards: ancient(started_from(wildcards)),
        manifest=lambda wildcards: manifest(started_from(wildcards)),
        train=ancient(PATHS.train),
        validation=ancient(PATHS.validation),
        data_manifest=manifest(PATHS.task),
        tests=ancient(PATHS.test_sets),
        tests_manifest=manifest(PATHS.test_sets_directory),
        importance=pretrain_importance,
    output:
        metrics=PATHS.transferred_metrics,
        outcomes=PATHS.transferred_answers,
        scores=PATHS.transferred_scores,
        language_outcomes=PATHS.transferred_outcomes,
    log:
        PATHS.log("transfer_pruned"),
    benchmark:
        PATHS.benchmark("transfer_pruned")
    conda:
        environment("transfer_pruned")
    threads: THREADS
    resources:
        **CARD,
    params:
        **params("transfer_pruned"),
        work=work_directory("transfer_pruned"),
    message:
        "{wildcards.model}: {wildcards.task} with heads removed ({wildcards.criterion}, {wildcards.point}), then other languages, seed {wildcards.seed}"
    shell:
        command(
            "transfer_pruned",
            inputs="model train validation tests importance",
            params="work",
            outputs="metrics outcomes scores language_outcomes",
        )


rule score_languages:
    input:
        model=ancient(PATHS.checkpoint),
        manifest=manifest(PATHS.checkpoint),
        tests=ancient(PATHS.test_sets),
        tests_manifest=manifest(PATHS.test_sets_directory),
    output:
        scores=PATHS.language_scores,
        outcomes=PATHS.language_outcomes,
    log:
        PATHS.log("score_languages"),
    benchmark:
        PATHS.benchmark("score_languages")
    conda:
        environment("score_languages")
    threads: THREADS
    resources:
        **CARD,
    params:
        **params("score_languages"),
    message:
        "{wildcards.model}: fine-tuned on {wildcards.task}, asked in several languages, seed {wildcards.seed}"
    shell:
        command("score_languages", inputs="model tests", outputs="scores outcomes")


rule tabulate_languages:
    input:
        scores=[
            *JOBS.paths(PATHS.language_scores, "score_languages"),
            *JOBS.paths(PATHS.transferred_scores, "transfer_pruned"),
        ],
        pruned=[
            *JOBS.paths(PATHS.pruned_metrics, "finetune_pruned", criterion=RANDOM),
            *JOBS.paths(PATHS.transferred_metrics, "transfer_pruned"),
        ],
        ordinary=JOBS.paths(PATHS.metrics, FINE_TUNED, model=LANGUAGE_MODELS, task=LANGUAGE_TASKS),
        answers=JOBS.paths(PATHS.answers, FINE_TUNED, model=LANGUAGE_MODELS, task=LANGUAGE_TASKS),
    output:
        languages=PATHS.languages,
        languages_csv=PATHS.languages_csv,
        removals=PATHS.removals,
        removals_csv=PATHS.removals_csv,
    log:
        PATHS.log("tabulate_languages"),
    benchmark:
        PATHS.benchmark("tabulate_languages")
    conda:
        environment("tabulate_languages")
    params:
        **params("tabulate_languages"),
        lists=lists("scores", "pruned", "ordinary", "answers"),
    message:
        "drops without some heads, in each language and on each task"
    shell:
        command("tabulate_languages", params="lists", outputs="languages removals")
