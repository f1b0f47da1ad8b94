# Corpora: raw files -> rows -> standardized -> deduplicated -> (decontaminated) -> training and validation molecules, counted.
# What everything waits for has a priority above all else.


rule fetch_source:
    input:
        own=lambda w: own_file(config["sources"][w.source]),
    output:
        content="results/sources/{source}/content",
        record="results/sources/{source}/record.json",
    log:
        "results/sources/{source}/fetch.log",
    benchmark:
        "results/sources/{source}/fetch.tsv"
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=240,
    params:
        code=code("fetch_source"),
        config=lambda w: canonical(fetching(w.source)),
        content=lambda w: content_marks(own_file(config["sources"][w.source])),
        remembered=lambda w: f"results/sources/.digests/{w.source}.json",
    shell:
        "python scripts/fetch_source.py --code {params.code} --config {params.config:q} --remembered {params.remembered:q} --content {output.content:q} --record {output.record:q} > {log:q} 2>&1"


rule gather_corpus:
    input:
        sources=lambda w: source_files(config["corpora"][w.corpus]["files"]),
    output:
        rows="<results>/corpora/{corpus}/rows.parquet",
        counts="<results>/corpora/{corpus}/gathered.json",
    log:
        "<logs>/gather_corpus/{corpus}.log",
    benchmark:
        "<benchmarks>/gather_corpus/{corpus}.tsv"
    priority: 1000
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=240,
    params:
        code=code("gather_corpus"),
        config=lambda w: canonical(corpus_reading(w.corpus)),
    shell:
        "python scripts/gather_corpus.py --code {params.code} --config {params.config:q} --sources {input.sources:q} --out {output.rows:q} --counts {output.counts:q} > {log:q} 2>&1"


rule standardize_corpus:
    input:
        rows="<results>/corpora/{corpus}/rows.parquet",
    output:
        molecules="<results>/corpora/{corpus}/standardized/{shard}.parquet",
        counts="<results>/corpora/{corpus}/standardized/{shard}.json",
    log:
        "<logs>/standardize_corpus/{corpus}-{shard}.log",
    benchmark:
        "<benchmarks>/standardize_corpus/{corpus}-{shard}.tsv"
    priority: 1000
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=240,
    params:
        code=code("standardize_corpus"),
        config=lambda w: canonical(corpus_standard(w.corpus)),
    shell:
        "python scripts/standardize_corpus.py --code {params.code} --config {params.config:q} --rows {input.rows:q} --shard {wildcards.shard} --out {output.molecules:q} --counts {output.counts:q} > {log:q} 2>&1"


rule deduplicate_corpus:
    input:
        shards=lambda w: shard_files(w.corpus, "standardized", "parquet"),
    output:
        molecules="<results>/corpora/{corpus}/molecules.parquet",
        counts="<results>/corpora/{corpus}/deduplicated.json",
    log:
        "<logs>/deduplicate_corpus/{corpus}.log",
    benchmark:
        "<benchmarks>/deduplicate_corpus/{corpus}.tsv"
    priority: 1000
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=DATABASE_MB + 500,
        runtime=240,
    params:
        code=code("deduplicate_corpus"),
    shell:
        "python scripts/deduplicate_corpus.py --code {params.code} --memory {resources.mem_mb} --shards {input.shards:q} --out {output.molecules:q} --counts {output.counts:q} > {log:q} 2>&1"


rule decontaminate_corpus:
    input:
        molecules="<results>/corpora/{corpus}/molecules.parquet",
        tasks=lambda w: [
            f"{RESULTS}/tasks/{task}/molecules.csv" for task in config["corpora"][w.corpus]["decontaminate"]
        ],
    output:
        molecules="<results>/corpora/{corpus}/decontaminated/{shard}.parquet",
        counts="<results>/corpora/{corpus}/decontaminated/{shard}.json",
    log:
        "<logs>/decontaminate_corpus/{corpus}-{shard}.log",
    benchmark:
        "<benchmarks>/decontaminate_corpus/{corpus}-{shard}.tsv"
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=240,
    params:
        code=code("decontaminate_corpus"),
        config=lambda w: canonical(pick(config["corpora"][w.corpus], "shards")),
    shell:
        "python scripts/decontaminate_corpus.py --code {params.code} --config {params.config:q} --molecules {input.molecules:q} --shard {wildcards.shard} --tasks {input.tasks:q} --out {output.molecules:q} --counts {output.counts:q} > {log:q} 2>&1"


rule split_corpus:
    input:
        molecules=lambda w: distinct_files(w.corpus),
    output:
        train="<results>/corpora/{corpus}/train.parquet",
        valid="<results>/corpora/{corpus}/valid.parquet",
        counts="<results>/corpora/{corpus}/split.json",
    log:
        "<logs>/split_corpus/{corpus}.log",
    benchmark:
        "<benchmarks>/split_corpus/{corpus}.tsv"
    priority: 1000
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=240,
    params:
        code=code("split_corpus"),
        config=lambda w: canonical(pick(config["corpora"][w.corpus], "validation_molecules") | {"name": w.corpus}),
    shell:
        "python scripts/split_corpus.py --code {params.code} --config {params.config:q} --molecules {input.molecules:q} --train {output.train:q} --valid {output.valid:q} --counts {output.counts:q} > {log:q} 2>&1"


rule summarize_corpus:
    input:
        gathered="<results>/corpora/{corpus}/gathered.json",
        standardized=lambda w: shard_files(w.corpus, "standardized", "json"),
        deduplicated="<results>/corpora/{corpus}/deduplicated.json",
        decontaminated=lambda w: decontaminated_files(w.corpus, "json"),
        split="<results>/corpora/{corpus}/split.json",
        tokens="<results>/corpora/{corpus}/token_counts.json",
        records=lambda w: source_files(config["corpora"][w.corpus]["files"], "record.json"),
    output:
        summary="<results>/corpora/{corpus}/summary.json",
    log:
        "<logs>/summarize_corpus/{corpus}.log",
    benchmark:
        "<benchmarks>/summarize_corpus/{corpus}.tsv"
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        code=code("summarize_corpus"),
        config=lambda w: canonical(origins(w.corpus)),
    shell:
        "python scripts/summarize_corpus.py --code {params.code} --config {params.config:q} --gathered {input.gathered:q} --standardized {input.standardized:q} --deduplicated {input.deduplicated:q} --decontaminated {input.decontaminated:q} --split {input.split:q} --tokens {input.tokens:q} --records {input.records:q} --out {output.summary:q} > {log:q} 2>&1"


localrules:
    fetch_source,
