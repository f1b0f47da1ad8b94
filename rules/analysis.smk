# Analysis of the tables: fits, verdicts, predictors of transfer, claims, robustness; declared in outputs.smk.


def analyse(name: str, read: dict, written: dict, settings: dict | None, size: tuple) -> None:
    """The rule of one analysis."""

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
        group:
            grouped("analysis", lambda w: ANALYSIS_MINUTES)
        conda:
            "../envs/analysis.yaml"
        threads: 1
        resources:
            mem_mb=size[0],
            runtime=size[1],
        params:
            code=code(f"analysis/{name}"),
            settings=canonical(settings),
        shell:
            script(f"analysis/{name}", values_of(read, written, settings))


for name, declared in ANALYSES.items():
    analyse(name, *declared)
