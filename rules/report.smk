# The page of claims, and the report of all figures and tables.


rule render_claims:
    input:
        claims="<results>/tables/claims.json",
    output:
        page=report(
            "<results>/figures/claims.html",
            caption="../report/claims.rst",
            category="Claims",
            labels={"table": "claims and verdicts"},
        ),
    log:
        "<logs>/render_claims.log",
    benchmark:
        "<benchmarks>/render_claims.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        code=code("render_claims"),
    shell:
        "python scripts/render_claims.py --code {params.code} --claims {input.claims:q} --out {output.page:q} > {log:q} 2>&1"


# The resolved configuration is handed over but is no reason to make the report anew: a function of `input` is not
# recorded. Whatever of it changes a result changes an input. Its order is kept: budgets ascend, whatever their names.
rule write_report:
    input:
        figures=FIGURES,
        tables=TABLE_FILES,
        captions=CAPTIONS,
    output:
        report="<results>/report/report.html",
    log:
        "<logs>/write_report.log",
    benchmark:
        "<benchmarks>/write_report.tsv"
    localrule: True
    conda:
        "../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code("write_report"),
        config=lambda w, input: json.dumps(config),
    shell:
        "python scripts/write_report.py --code {params.code} --config {params.config:q} --targets {input.figures:q} {input.tables:q} --out {output.report:q} > {log:q} 2>&1"
