# Corpora: rows of raw files -> standardized -> deduplicated -> (decontaminated) -> training and validation molecules, counted.
# Jobs that everything else depends on have the highest priority.


rule gather_corpus:
    input:
        sources=lambda w: source_files(config["corpora"][w.corpus]["files"]),
    output:
        out="<results>/corpora/{corpus}/rows.parquet",
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
        code=code("data/gather_corpus"),
        settings=lambda w: canonical(corpus_reading(w.corpus)),
    shell:
        script("data/gather_corpus", "params.settings input.sources output.out output.counts")


rule standardize_corpus:
    input:
        rows="<results>/corpora/{corpus}/rows.parquet",
    output:
        out="<results>/corpora/{corpus}/standardized/{shard}.parquet",
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
        code=code("data/standardize_corpus"),
        settings=lambda w: canonical(corpus_standard(w.corpus)),
    shell:
        script("data/standardize_corpus", "params.settings input.rows wildcards.shard output.out output.counts")


rule deduplicate_corpus:
    input:
        shards=lambda w: shard_files(w.corpus, "standardized", "parquet"),
    output:
        out="<results>/corpora/{corpus}/molecules.parquet",
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
        code=code("data/deduplicate_corpus"),
        settings=lambda w: canonical(select_keys(config["corpora"][w.corpus], "shards")),
        shards=folder_of("shards"),
    shell:
        script("data/deduplicate_corpus", "params.settings params.shards resources.mem_mb output.out output.counts")


rule decontaminate_corpus:
    input:
        molecules="<results>/corpora/{corpus}/molecules.parquet",
        tasks=lambda w: [
            f"{RESULTS}/tasks/{task}/molecules.csv" for task in config["corpora"][w.corpus]["decontaminate"]
        ],
    output:
        out="<results>/corpora/{corpus}/decontaminated/{shard}.parquet",
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
        code=code("data/decontaminate_corpus"),
        settings=lambda w: canonical(select_keys(config["corpora"][w.corpus], "shards")),
    shell:
        script(
            "data/decontaminate_corpus",
            "params.settings input.molecules wildcards.shard input.tasks output.out output.counts",
        )


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
        code=code("data/split_corpus"),
        settings=lambda w: canonical(corpus_split(w.corpus)),
        molecules=lambda w, input: distinct_place(w.corpus, input.molecules),
    shell:
        script("data/split_corpus", "params.settings params.molecules output.train output.valid output.counts")


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
        out="<results>/corpora/{corpus}/summary.json",
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
        code=code("data/summarize_corpus"),
        settings=lambda w: canonical(corpus_summary(w.corpus)),
        standardized=folder_of("standardized"),
        decontaminated=lambda w, input: str(Path([*input.decontaminated, *input.standardized][0]).parent),
        sources=lambda w, input: str(Path(input.records[0]).parents[1]),
    shell:
        script(
            "data/summarize_corpus",
            "params.settings input.gathered params.standardized input.deduplicated params.decontaminated input.split input.tokens params.sources output.out",
        )
