# Analysis of the tables: fits, verdicts, predictors of transfer, claims, robustness; declared in outputs.smk.
for name, (read, written, settings, (mb, limit)) in ANALYSES.items():

    rule:
        name:
            name
        input:
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
            code=code(f"analysis/{name}"),
            settings=canonical(settings),
        shell:
            script(f"analysis/{name}", values_of(read, written, settings))
