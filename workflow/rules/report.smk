"""Verdicts on the papers' claims, which heads can go, and the page."""

JUDGED = (
    "outcomes",
    "orders",
    "answers",
    "metrics",
    "recall",
    "heads",
    "layers",
    "freezing",
    "before_after",
    "features",
    "ablations",
    "ablation_outcomes",
    "emergence",
    "weights",
    "weight_outcomes",
    "movements",
    "languages",
    "language_outcomes",
    "removals",
    "removal_outcomes",
)


rule judge_claims:
    input:
        **{name: JOBS.tables(name) for name in JUDGED},
        curves=JOBS.tables("all_curves"),
    output:
        claims=PATHS.claims,
        text=report(PATHS.claims_text, category="Verdicts", labels={"figure": "claims"}),
    log:
        PATHS.log("judge_claims"),
    benchmark:
        PATHS.benchmark("judge_claims")
    conda:
        environment("judge_claims")
    params:
        **params("judge_claims"),
        lists=lists("curves", *JUDGED),
    message:
        "a verdict on each claim of each paper"
    shell:
        command("judge_claims", params="lists", outputs="claims")


rule tabulate_required:
    input:
        **{
            name: JOBS.in_transfer_norm(
                pattern, "prune_curve", STUDY.head_models, task=STUDY.tasks, unit="head", criterion=OWN
            )
            for name, pattern in {"curves": PATHS.curve, "orders": PATHS.order, "outcomes": PATHS.outcomes}.items()
        },
        metrics=JOBS.paths(PATHS.metrics, FINE_TUNED, model=STUDY.head_models),
    output:
        required=PATHS.required,
        heads=PATHS.required_heads,
        text=report(PATHS.required_text, category="Verdicts", labels={"figure": "heads"}),
    log:
        PATHS.log("tabulate_required"),
    benchmark:
        PATHS.benchmark("tabulate_required")
    conda:
        environment("tabulate_required")
    params:
        **params("tabulate_required"),
        lists=lists("curves", "orders", "outcomes", "metrics"),
    message:
        "which heads can go: heads.md"
    shell:
        command("tabulate_required", params="lists", outputs="required heads text")


rule write_report:
    input:
        claims=PATHS.claims,
        required=JOBS.tables("required"),
        required_heads=JOBS.tables("required_heads"),
        figures=[path for name in JOBS.figures for kind, path in PATHS.figure(name).items() if kind != "png"],
        scores=PATHS.scores,
        reliability=JOBS.tables("reliability"),
        freezing=JOBS.tables("freezing"),
        manifests=[manifest(path) for path, job in JOBS.directories.items() if job.about.model and job.name != "cut_blocks"],
    output:
        page=report(PATHS.page, category="Page", labels={"figure": "report"}),
    log:
        PATHS.log("write_report"),
    benchmark:
        PATHS.benchmark("write_report")
    conda:
        environment("write_report")
    params:
        **params("write_report"),
        lists=lists("required", "required_heads", "figures", "reliability", "freezing", "manifests", benchmarks=JOBS.benchmarks),
        templates=page_templates(),
    message:
        "the page: report.html"
    shell:
        command("write_report", inputs="claims scores", params="lists", outputs="page")


rule compare_readings:
    input:
        model=ancient(PATHS.checkpoint),
        manifest=manifest(PATHS.checkpoint),
        data=ancient(PATHS.validation),
        importance_data=ancient(PATHS.train),
        data_manifest=manifest(PATHS.task),
    output:
        table=PATHS.readings,
    log:
        PATHS.log("compare_readings"),
    benchmark:
        PATHS.benchmark("compare_readings")
    conda:
        environment("compare_readings")
    threads: THREADS
    resources:
        **CARD,
    params:
        **params("compare_readings"),
    message:
        "{wildcards.model}: what other readings would change on {wildcards.task}, seed {wildcards.seed}"
    shell:
        command("compare_readings", inputs="model data importance_data", outputs="table")


rule readings:
    input:
        JOBS.paths(PATHS.readings, FINE_TUNED, model=STUDY.roles.main),
