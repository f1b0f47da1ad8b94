# Files of corpora and tasks, downloaded once for all studies.


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
        code=code("data/fetch_source"),
        settings=lambda w: canonical(fetching(w.source)),
        content=lambda w: content_marks(own_file(config["sources"][w.source])),
        remembered=lambda w: f"results/sources/.digests/{w.source}.json",
    shell:
        script("data/fetch_source", "params.settings params.remembered output.content output.record")


localrules:
    fetch_source,
