# Lists and settings that Snakemake itself writes into files, since a command line would be too short for them.


rule list_cells:
    output:
        cells="<results>/cells/{cells}.json",
    log:
        "<logs>/list_cells/{cells}.log",
    benchmark:
        "<benchmarks>/list_cells/{cells}.tsv"
    wildcard_constraints:
        cells="trunks|fine_tuned|maps|curvature|curves|spectrum|learning|shuffled_trunks|shuffled_fine_tuned",
    localrule: True
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        cells=lambda w: canonical(cells_of(w.cells)),
    run:
        write_json(Path(output.cells), json.loads(params.cells))


# The content of the report, and the resolved configuration, which is not a parameter, so that its changes alone do not
# rerun the report: those that change a result change an input. Key order is kept: budgets ascend, whatever their names.
rule request_report:
    input:
        figures=FIGURES,
        tables=TABLE_FILES,
        captions=CAPTIONS,
    output:
        request="<results>/report/request.json",
    log:
        "<logs>/request_report.log",
    benchmark:
        "<benchmarks>/request_report.tsv"
    localrule: True
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    run:
        write_request(Path(output.request), [*input.figures, *input.tables])
