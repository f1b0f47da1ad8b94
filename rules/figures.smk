# Figures, made from tables only and declared in outputs.smk; one of the errors on each named task.
FIGURE_VALUES = "params.figure input.tables params.settings params.dpi output.pdf output.png"


def plot(name: str, read, category: str, label: str, settings: dict) -> None:
    """The rule of one figure."""

    rule:
        name:
            f"plot_{name}"
        input:
            tables=[f"<results>/tables/{table}.csv" for table in read] if isinstance(read, tuple) else read,
        output:
            png=shown(name, label, folder="figures", kind="png", category=category),
            pdf=f"<results>/figures/{name}.pdf",
        log:
            f"<logs>/plot_{name}.log",
        benchmark:
            f"<benchmarks>/plot_{name}.tsv"
        group:
            grouped("analysis", lambda w: ANALYSIS_MINUTES)
        conda:
            "../envs/analysis.yaml"
        threads: 1
        resources:
            mem_mb=1000,
            runtime=10,
        params:
            code=code("figures/plot_figure", f"clm/figures/{name}"),
            settings=canonical(settings),
            figure=name,
            dpi=config["figures"]["dpi"],
        shell:
            script("figures/plot_figure", FIGURE_VALUES)


for name, declared in PLOTS.items():
    plot(name, *declared)
