# Tidy tables of all results, one row per observation; what they read is declared in outputs.smk.


# A function instead of a loop: Snakemake evaluates a command again when the job runs, after a loop would have ended
def tabulate(name: str, read: dict, found: list[str], written: dict, settings: dict | None, size: tuple) -> None:
    """The rule of one table."""

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
        group:
            grouped("analysis", lambda w: ANALYSIS_MINUTES)
        conda:
            "../envs/analysis.yaml"
        threads: 1
        resources:
            mem_mb=size[0],
            runtime=size[1],
        params:
            **({"results": results_of} if found else {}),
            code=code(f"tables/{name}"),
            settings=canonical(settings),
        shell:
            script(f"tables/{name}", values_of(read, written, settings, found))


for name, declared in TABULATED.items():
    tabulate(name, *declared)
