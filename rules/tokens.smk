# From training molecules to tokens: nested subsets, one vocabulary over all corpora, a file of tokens per subset.


rule draw_subset:
    input:
        train="<results>/corpora/{corpus}/train.parquet",
    output:
        molecules="<results>/corpora/{corpus}/subsets/{subset}.parquet",
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
        code=code("draw_subset"),
        config=lambda w: canonical({"corpus": w.corpus, "subset": w.subset, "molecules": config["subsets"][w.subset]}),
    shell:
        "python scripts/draw_subset.py --code {params.code} --config {params.config:q} --train {input.train:q} --out {output.molecules:q} > {log:q} 2>&1"


rule count_tokens:
    input:
        train="<results>/corpora/{corpus}/train.parquet",
    output:
        counts="<results>/corpora/{corpus}/token_counts.json",
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
        code=code("count_tokens"),
        config=canonical(pick(config["tokenizer"], "kind")),
    shell:
        "python scripts/count_tokens.py --code {params.code} --config {params.config:q} --molecules {input.train:q} --out {output.counts:q} > {log:q} 2>&1"


rule build_tokenizer:
    input:
        counts=expand("<results>/corpora/{corpus}/token_counts.json", corpus=config["corpora"]),
        molecules=expand("<results>/corpora/{corpus}/train.parquet", corpus=config["corpora"]),
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
        code=code("build_tokenizer"),
        config=canonical(vocabulary_settings()),
        folder=subpath(output.tokenizer, parent=True),
    shell:
        "python scripts/build_tokenizer.py --code {params.code} --config {params.config:q} --counts {input.counts:q} --molecules {input.molecules:q} --folder {params.folder:q} > {log:q} 2>&1"


rule tokenize_subset:
    input:
        molecules=lambda w: subset_file(w.corpus, w.subset),
        tokenizer="<results>/tokenizer/tokenizer.json",
        vocabulary="<results>/tokenizer/vocabulary.json",
    output:
        tokens="<results>/corpora/{corpus}/tokens/{subset}.safetensors",
    log:
        "<logs>/tokenize_subset/{corpus}-{subset}.log",
    benchmark:
        "<benchmarks>/tokenize_subset/{corpus}-{subset}.tsv"
    priority: 1000
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=240,
    params:
        code=code("tokenize_subset"),
    shell:
        "python scripts/tokenize_subset.py --code {params.code} --molecules {input.molecules:q} --tokenizer {input.tokenizer:q} --vocabulary {input.vocabulary:q} --out {output.tokens:q} > {log:q} 2>&1"
