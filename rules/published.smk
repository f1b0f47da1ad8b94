# Scores of others beside ours, where the split agrees.


rule compare_published:
    input:
        published="reference/published_scores.csv",
        transfer="<results>/tables/transfer.csv",
        runs="<results>/tables/runs.csv",
    output:
        table=report(
            "<results>/tables/published.csv",
            caption="../report/published_table.rst",
            category="Tables",
            labels={"table": "published scores beside ours"},
        ),
    log:
        "<logs>/compare_published.log",
    benchmark:
        "<benchmarks>/compare_published.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("compare_published"),
        config=canonical(judgement("corpus")),
    shell:
        "python scripts/compare_published.py --code {params.code} --config {params.config:q} --published {input.published:q} --transfer {input.transfer:q} --runs {input.runs:q} --out {output.table:q} > {log:q} 2>&1"


rule plot_published:
    input:
        published="<results>/tables/published.csv",
    output:
        png=report(
            "<results>/figures/published.png",
            caption="../report/published.rst",
            category="Transfer",
            labels={"figure": "published scores beside ours"},
        ),
        pdf="<results>/figures/published.pdf",
    log:
        "<logs>/plot_published.log",
    benchmark:
        "<benchmarks>/plot_published.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("plot_published"),
        config=DPI,
    shell:
        "python scripts/plot_published.py --code {params.code} --config {params.config:q} --published {input.published:q} --pdf {output.pdf:q} --png {output.png:q} > {log:q} 2>&1"
