# Tidy tables of all results, one row per observation; what they read is declared in outputs.smk.


rule list_cells:
    output:
        cells="<results>/cells/{cells}.json",
    log:
        "<logs>/list_cells/{cells}.log",
    benchmark:
        "<benchmarks>/list_cells/{cells}.tsv"
    wildcard_constraints:
        cells="trunks|full|maps|curvature|curves|spectrum|learning",
    localrule: True
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        cells=lambda w: canonical(cells_of(w.cells)),
    run:
        write_json(Path(output.cells), json.loads(params.cells))


for name, (read, found, written, settings, (mb, limit)) in TABULATED.items():

    rule:
        name:
            name
        input:
            *found,
            **read,
        output:
            **written,
        log:
            f"<logs>/{name}.log",
        benchmark:
            f"<benchmarks>/{name}.tsv"
        conda:
            "../envs/analysis.yaml"
        threads: 1
        resources:
            mem_mb=mb,
            runtime=limit,
        params:
            code=code(f"tables/{name}"),
            settings=canonical(settings),
            results=results_of,
        shell:
            script(f"tables/{name}", values_of(read, written, settings, found))
