"""Tasks and corpus: the embedded world written out, sources read, checked and sampled."""

EMBEDDED_TASKS = STUDY.glue.source == "embedded"
EMBEDDED_CORPUS = STUDY.corpus.source == "embedded"


rule write_world_task:
    output:
        directory=directory(WORLD_TASK),
        manifest=manifest(WORLD_TASK),
    log:
        log_file("write_world_task/{task}"),
    benchmark:
        benchmark_file("write_world_task/{task}")
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
        log_file("write_world_corpus"),
    benchmark:
        benchmark_file("write_world_corpus")
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
        manifest=manifest(TASK_DATA),
    log:
        log_file("prepare_task/{task}"),
    benchmark:
        benchmark_file("prepare_task/{task}")
    conda:
        environment("tables")
    params:
        code=code("prepare_task"),
        source=lambda _, input: os.path.dirname(input.directory) if input.directory else STUDY.glue.source,
        settings=options(STUDY.glue.model_dump(include={"revision", "max_train"})),
        directory=lambda _, output: os.path.dirname(output.train),
    message:
        "{wildcards.task}: reading and checking the examples"
    shell:
        script("prepare_task") + " --task {wildcards.task} --source {params.source:q} --settings {params.settings:q}"
        " --output {params.directory} > {log} 2>&1"


rule sample_corpus:
    input:
        manifest=manifest(WORLD_CORPUS) if EMBEDDED_CORPUS else [],
        directory=ancient(WORLD_CORPUS) if EMBEDDED_CORPUS else [],
    output:
        directory=directory(CORPUS),
        manifest=manifest(CORPUS),
    log:
        log_file("sample_corpus"),
    benchmark:
        benchmark_file("sample_corpus")
    conda:
        environment("tables")
    params:
        code=code("sample_corpus"),
        source=lambda _, input: input.directory or STUDY.corpus.source,
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
        blocks=BLOCKS,
        manifest=manifest(BLOCKS_DATA),
    log:
        log_file("cut_blocks/{model}"),
    benchmark:
        benchmark_file("cut_blocks/{model}")
    conda:
        environment("tables")
    params:
        code=code("cut_blocks"),
        block_tokens=STUDY.mlm.block_tokens,
        directory=lambda _, output: os.path.dirname(output.blocks),
    message:
        "{wildcards.model}: cutting the corpus into blocks of {params.block_tokens} tokens"
    shell:
        script("cut_blocks") + " --corpus {input.corpus} --model {input.model} --block-tokens {params.block_tokens}"
        " --output {params.directory} > {log} 2>&1"
