# From training molecules to tokens: nested subsets, one vocabulary over all corpora, a file of tokens per subset.


rule draw_subset:
    input:
        train="<results>/corpora/{corpus}/train.parquet",
    output:
        out="<results>/corpora/{corpus}/subsets/{subset}.parquet",
    log:
        "<logs>/draw_subset/{corpus}-{subset}.log",
    benchmark:
        "<benchmarks>/draw_subset/{corpus}-{subset}.tsv"
    priority: 1000
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=240,
    params:
        code=code("tokens/draw_subset"),
        settings=lambda w: canonical({"corpus": w.corpus, "subset": w.subset, "molecules": config["subsets"][w.subset]}),
    shell:
        script("tokens/draw_subset", "params.settings input.train output.out")


rule count_tokens:
    input:
        molecules="<results>/corpora/{corpus}/train.parquet",
    output:
        out="<results>/corpora/{corpus}/token_counts.json",
    log:
        "<logs>/count_tokens/{corpus}.log",
    benchmark:
        "<benchmarks>/count_tokens/{corpus}.tsv"
    priority: 1000
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=240,
    params:
        code=code("tokens/count_tokens"),
        settings=canonical(select_keys(config["tokenizer"], "kind")),
    shell:
        script("tokens/count_tokens", "params.settings input.molecules output.out")


rule build_tokenizer:
    input:
        counts=expand("<results>/corpora/{corpus}/token_counts.json", corpus=READ_CORPORA),
        molecules=expand("<results>/corpora/{corpus}/train.parquet", corpus=READ_CORPORA),
    output:
        tokenizer="<results>/tokenizer/tokenizer.json",
        settings="<results>/tokenizer/tokenizer_config.json",
        vocabulary="<results>/tokenizer/vocabulary.json",
    log:
        "<logs>/build_tokenizer.log",
    benchmark:
        "<benchmarks>/build_tokenizer.tsv"
    priority: 1000
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=240,
    params:
        code=code("tokens/build_tokenizer"),
        settings=canonical(settings_in_use(config, SCHEMA, "tokenizer", "kind")),
        folder=subpath(output.tokenizer, parent=True),
    shell:
        script("tokens/build_tokenizer", "params.settings input.counts input.molecules params.folder")


rule tokenize_subset:
    input:
        molecules=lambda w: subset_file(w.corpus, w.subset),
        tokenizer="<results>/tokenizer/tokenizer.json",
        vocabulary="<results>/tokenizer/vocabulary.json",
    output:
        out="<results>/corpora/{corpus}/tokens/{subset}.safetensors",
    log:
        "<logs>/tokenize_subset/{corpus}-{subset}.log",
    benchmark:
        "<benchmarks>/tokenize_subset/{corpus}-{subset}.tsv"
    wildcard_constraints:
        corpus=one_of(READ_CORPORA),
    priority: 1000
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=240,
    params:
        code=code("tokens/tokenize_subset"),
    shell:
        script("tokens/tokenize_subset", "input.molecules input.tokenizer input.vocabulary output.out")


rule shuffle_tokens:
    input:
        tokens=lambda w: f"{RESULTS}/corpora/{SHUFFLED_CORPORA[w.corpus]}/tokens/{w.subset}.safetensors",
    output:
        out="<results>/corpora/{corpus}/tokens/{subset}.safetensors",
    log:
        "<logs>/shuffle_tokens/{corpus}-{subset}.log",
    benchmark:
        "<benchmarks>/shuffle_tokens/{corpus}-{subset}.tsv"
    wildcard_constraints:
        corpus=one_of(SHUFFLED_CORPORA),
    priority: 1000
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=240,
    params:
        code=code("tokens/shuffle_tokens"),
    shell:
        script("tokens/shuffle_tokens", "input.tokens output.out")
