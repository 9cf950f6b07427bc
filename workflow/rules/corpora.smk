"""Tasks and corpus: the embedded world written out, sources read, checked and sampled."""

EMBEDDED_TASKS = STUDY.glue.source == "embedded"
EMBEDDED_CORPUS = STUDY.corpus.source == "embedded"


rule write_world_task:
    output:
        directory=directory(WORLD_TASK),
        manifest=manifest(WORLD_TASK),
    log:
        LOGS + "/write_world_task/{task}.log",
    benchmark:
        BENCHMARKS + "/write_world_task/{task}.tsv"
    conda:
        environment("tables")
    params:
        code=code("write_world_task"),
        train=lambda wildcards: STUDY.world.train[wildcards.task],
        seed=STUDY.world.seed,
        validation=STUDY.world.validation,
    message:
        "embedded world: {wildcards.task}"
    shell:
        script("write_world_task") + " --task {wildcards.task} --seed {params.seed} --train {params.train}"
        " --validation {params.validation} --output {output.directory} > {log} 2>&1"


rule write_world_corpus:
    output:
        directory=directory(WORLD_CORPUS),
        manifest=manifest(WORLD_CORPUS),
    log:
        LOGS + "/write_world_corpus.log",
    benchmark:
        BENCHMARKS + "/write_world_corpus.tsv"
    conda:
        environment("tables")
    params:
        code=code("write_world_corpus"),
        seed=STUDY.world.seed,
        first=STUDY.world.first_article,
        articles=STUDY.world.articles,
    message:
        "embedded world: {params.articles} articles"
    shell:
        script("write_world_corpus") + " --seed {params.seed} --first {params.first} --count {params.articles}"
        " --output {output.directory} > {log} 2>&1"


rule prepare_task:
    input:
        manifest=manifest(WORLD_TASK) if EMBEDDED_TASKS else [],
        directory=ancient(WORLD_TASK) if EMBEDDED_TASKS else [],
    output:
        train=TASK_TRAIN,
        validation=TASK_VALIDATION,
    log:
        LOGS + "/prepare_task/{task}.log",
    benchmark:
        BENCHMARKS + "/prepare_task/{task}.tsv"
    conda:
        environment("tables")
    params:
        code=code("prepare_task"),
        source=WORLD_TASK.removesuffix("/{task}") if EMBEDDED_TASKS else STUDY.glue.source,
        settings=options(STUDY.glue.model_dump(include={"revision", "max_train"})),
    message:
        "{wildcards.task}: reading and checking the examples"
    shell:
        script("prepare_task") + " --task {wildcards.task} --source {params.source:q} --settings {params.settings:q}"
        " --train {output.train} --validation {output.validation} > {log} 2>&1"


rule sample_corpus:
    input:
        manifest=manifest(WORLD_CORPUS) if EMBEDDED_CORPUS else [],
        directory=ancient(WORLD_CORPUS) if EMBEDDED_CORPUS else [],
    output:
        directory=directory(CORPUS),
        manifest=manifest(CORPUS),
    log:
        LOGS + "/sample_corpus.log",
    benchmark:
        BENCHMARKS + "/sample_corpus.tsv"
    conda:
        environment("tables")
    params:
        code=code("sample_corpus"),
        source=WORLD_CORPUS if EMBEDDED_CORPUS else STUDY.corpus.source,
        settings=options(STUDY.corpus.model_dump(exclude={"source"})),
    message:
        "corpus: sampling articles"
    shell:
        script("sample_corpus") + " --source {params.source:q} --settings {params.settings:q}"
        " --output {output.directory} > {log} 2>&1"


rule cut_blocks:
    input:
        corpus=ancient(CORPUS),
        corpus_manifest=manifest(CORPUS),
        model=ancient(PRETRAINED),
        model_manifest=manifest(PRETRAINED),
    output:
        BLOCKS,
    log:
        LOGS + "/cut_blocks/{model}.log",
    benchmark:
        BENCHMARKS + "/cut_blocks/{model}.tsv"
    conda:
        environment("tables")
    params:
        code=code("cut_blocks"),
        block_tokens=STUDY.mlm.block_tokens,
    message:
        "{wildcards.model}: cutting the corpus into blocks of {params.block_tokens} tokens"
    shell:
        script("cut_blocks") + " --corpus {input.corpus} --model {input.model} --block-tokens {params.block_tokens}"
        " --output {output} > {log} 2>&1"
