"""Tasks and corpus: the embedded world written out, sources read, checked and sampled."""

EMBEDDED_CORPUS = bool(STUDY.corpus) and STUDY.corpus.source == EMBEDDED
EMBEDDED_LANGUAGES = STUDY.languages.test.source == EMBEDDED


rule write_world_task:
    output:
        directory=directory(PATHS.world_task),
        manifest=manifest(PATHS.world_task),
    log:
        PATHS.log("write_world_task"),
    benchmark:
        PATHS.benchmark("write_world_task")
    conda:
        environment("write_world_task")
    params:
        **params("write_world_task"),
    message:
        "embedded world: {wildcards.task}"
    shell:
        command("write_world_task", outputs="directory")


rule write_world_languages:
    output:
        directory=directory(PATHS.world_languages),
        manifest=manifest(PATHS.world_languages),
    log:
        PATHS.log("write_world_languages"),
    benchmark:
        PATHS.benchmark("write_world_languages")
    conda:
        environment("write_world_languages")
    params:
        **params("write_world_languages"),
    message:
        "embedded world: the same test set in each language"
    shell:
        command("write_world_languages", outputs="directory")


rule write_world_corpus:
    output:
        directory=directory(PATHS.world_corpus),
        manifest=manifest(PATHS.world_corpus),
    log:
        PATHS.log("write_world_corpus"),
    benchmark:
        PATHS.benchmark("write_world_corpus")
    conda:
        environment("write_world_corpus")
    params:
        **params("write_world_corpus"),
    message:
        f"embedded world: {STUDY.world.articles} articles"
    shell:
        command("write_world_corpus", outputs="directory")


rule prepare_task:
    input:
        manifest=world_task(manifest),
        directory=world_task(ancient),
    output:
        train=PATHS.train,
        validation=PATHS.validation,
        manifest=manifest(PATHS.task),
    log:
        PATHS.log("prepare_task"),
    benchmark:
        PATHS.benchmark("prepare_task")
    conda:
        environment("prepare_task")
    params:
        **params("prepare_task"),
        **source_of("prepare_task"),
        source=lambda _, input: os.path.dirname(input.directory) if input.directory else STUDY.glue.source,
        directory=lambda _, output: os.path.dirname(output.train),
    message:
        "{wildcards.task}: reading and checking the examples"
    shell:
        command("prepare_task", params="source content seen directory")


rule prepare_languages:
    input:
        manifest=manifest(PATHS.world_languages) if EMBEDDED_LANGUAGES else [],
        directory=ancient(PATHS.world_languages) if EMBEDDED_LANGUAGES else [],
    output:
        tests=PATHS.test_sets,
        manifest=manifest(PATHS.test_sets_directory),
    log:
        PATHS.log("prepare_languages"),
    benchmark:
        PATHS.benchmark("prepare_languages")
    conda:
        environment("prepare_languages")
    params:
        **params("prepare_languages"),
        **source_of("prepare_languages"),
        source=lambda _, input: input.directory or STUDY.languages.test.source,
        directory=lambda _, output: os.path.dirname(output.tests),
    message:
        "test sets in several languages: reading and checking the examples"
    shell:
        command("prepare_languages", params="source content seen directory")


rule sample_corpus:
    input:
        manifest=manifest(PATHS.world_corpus) if EMBEDDED_CORPUS else [],
        directory=ancient(PATHS.world_corpus) if EMBEDDED_CORPUS else [],
    output:
        directory=directory(PATHS.corpus),
        manifest=manifest(PATHS.corpus),
    log:
        PATHS.log("sample_corpus"),
    benchmark:
        PATHS.benchmark("sample_corpus")
    conda:
        environment("sample_corpus")
    params:
        **params("sample_corpus"),
        **source_of("sample_corpus"),
        source=lambda _, input: input.directory or STUDY.corpus.source,
    message:
        "corpus: sampling articles"
    shell:
        command("sample_corpus", params="source content seen", outputs="directory")


rule cut_blocks:
    input:
        corpus=ancient(PATHS.corpus),
        corpus_manifest=manifest(PATHS.corpus),
        model=ancient(PATHS.pretrained),
        model_manifest=manifest(PATHS.pretrained),
    output:
        blocks=PATHS.blocks,
        manifest=manifest(PATHS.blocks_directory),
    log:
        PATHS.log("cut_blocks"),
    benchmark:
        PATHS.benchmark("cut_blocks")
    conda:
        environment("cut_blocks")
    threads: ALL_THREADS
    params:
        **params("cut_blocks"),
        directory=lambda _, output: os.path.dirname(output.blocks),
    message:
        f"{{wildcards.model}}: cutting the corpus into blocks of {STUDY.mlm and STUDY.mlm.block_tokens} tokens"
    shell:
        command("cut_blocks", inputs="corpus model", params="directory", processes=True)
