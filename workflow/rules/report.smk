"""Verdicts on the paper's claims, and the page."""


rule judge_claims:
    input:
        **tables(),
        curves=curves(STUDY.all_tasks),
        metrics=all_metrics(),
    output:
        claims=CLAIMS,
        text=report(
            Path(CLAIMS).with_suffix(".md").as_posix(),
            category="Verdicts",
            labels={"figure": "claims", "shows": "a verdict on each of the paper's claims"},
        ),
    log:
        log_file("judge_claims"),
    benchmark:
        benchmark_file("judge_claims")
    conda:
        environment("tables")
    params:
        code=code("judge_claims"),
        settings=options(
            {
                "study": STUDY.study,
                "tasks": STUDY.tasks,
                "roles": STUDY.roles.model_dump(),
                "transfer": STUDY.transfer.model_dump(),
            }
        ),
        tables=lambda wildcards, input: table_options(input),
    message:
        "a verdict on each of the paper's claims"
    shell:
        script("judge_claims") + " --curves {input.curves} --metrics {input.metrics} {params.tables}"
        " --settings {params.settings:q} --output {output.claims} > {log} 2>&1"


rule write_report:
    input:
        claims=CLAIMS,
        figures=[path for name in pictures() for suffix, path in picture(name).items() if suffix != "png"],
        scores=SCORES,
        freezing=tables()["freezing"],
        manifests=all_manifests(),
    output:
        report(REPORT, category="Page", labels={"figure": "report", "shows": "the whole study on one page"}),
    log:
        log_file("write_report"),
    benchmark:
        benchmark_file("write_report")
    conda:
        environment("tables")
    params:
        code=code("write_report"),
        templates=page_templates(),
        settings=options(STUDY.model_dump(mode="json")),
        freezing=options(FREEZING if frozen_runs() else None),
        benchmarks=f"{RESULTS}/benchmarks",
    message:
        "the page: report.html"
    shell:
        script("write_report") + " --claims {input.claims} --figures {input.figures} --scores {input.scores}"
        " --freezing {params.freezing:q} --benchmarks {params.benchmarks} --manifests {input.manifests}"
        " --settings {params.settings:q} --output {output} > {log} 2>&1"


rule compare_readings:
    input:
        model=ancient(CHECKPOINT),
        manifest=manifest(CHECKPOINT),
        data=ancient(TASK_VALIDATION),
        importance_data=ancient(TASK_TRAIN),
        data_manifest=manifest(TASK_DATA),
    output:
        READINGS,
    log:
        log_file("compare_readings/{model}-{task}-seed{seed}"),
    benchmark:
        benchmark_file("compare_readings/{model}-{task}-seed{seed}")
    conda:
        environment("networks")
    threads: THREADS
    resources:
        gpu=GPUS,
    params:
        code=code("compare_readings"),
        columns=lambda wildcards: options({**run_columns(wildcards), "norm": STUDY.transfer_norm_of(wildcards.model)}),
        settings=lambda wildcards: options(readings_settings(wildcards)),
        device=STUDY.device,
        budget=STUDY.batch_tokens,
    message:
        "{wildcards.model}: what other readings would change on {wildcards.task}, seed {wildcards.seed}"
    shell:
        script("compare_readings") + " --model {input.model} --data {input.data} --importance-data {input.importance_data}"
        " --keys {params.columns:q} --settings {params.settings:q} --device {params.device} --budget {params.budget}"
        " --output {output} > {log} 2>&1"


rule readings:
    input:
        each_run(READINGS, [(model, task) for model, task in all_runs() if model == STUDY.roles.main]),
