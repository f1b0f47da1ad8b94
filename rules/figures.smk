# Figures, made from tables only and declared in outputs.smk; one of the errors on each named task.
FIGURE_VALUES = "params.figure input.tables params.settings params.dpi output.pdf output.png"


for name, (read, category, label, settings) in PLOTS.items():

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


rule plot_answer:
    input:
        tables=[f"<results>/tables/{table}.csv" for table in ("transfer", "runs")],
    output:
        png=report(
            "<results>/answers/{task}.png",
            caption="../report/answer_errors.rst",
            category="Answers",
            labels={"task": "{task}", "what": "errors"},
        ),
        pdf="<results>/answers/{task}.pdf",
    log:
        "<logs>/plot_answer/{task}.log",
    benchmark:
        "<benchmarks>/plot_answer/{task}.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("figures/plot_figure", "clm/figures/errors"),
        settings=lambda w: canonical(pick(answer_config(w.task), "task", "units", "corpus")),
        figure="errors",
        dpi=config["figures"]["dpi"],
    shell:
        script("figures/plot_figure", FIGURE_VALUES)
