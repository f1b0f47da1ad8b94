# Figures and the report, made from tables only (surfaces and maps of parameter space are tables of their own).


rule plot_loss:
    input:
        runs="<results>/tables/runs.csv",
        fits="<results>/tables/fits.csv",
    output:
        png=report(
            "<results>/figures/loss.png",
            caption="../report/loss.rst",
            category="Pretraining",
            labels={"figure": "loss against N, D and C"},
        ),
        pdf="<results>/figures/loss.pdf",
    log:
        "<logs>/plot_loss.log",
    benchmark:
        "<benchmarks>/plot_loss.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("plot_loss"),
        config=DPI,
    shell:
        "python scripts/plot_loss.py --code {params.code} --config {params.config:q} --runs {input.runs:q} --fits {input.fits:q} --pdf {output.pdf:q} --png {output.png:q} > {log:q} 2>&1"


rule plot_transfer:
    input:
        transfer="<results>/tables/transfer.csv",
        runs="<results>/tables/runs.csv",
        tasks="<results>/tables/tasks.csv",
    output:
        png=report(
            "<results>/figures/transfer.png",
            caption="../report/transfer.rst",
            category="Transfer",
            labels={"figure": "error against pretraining loss"},
        ),
        pdf="<results>/figures/transfer.pdf",
    log:
        "<logs>/plot_transfer.log",
    benchmark:
        "<benchmarks>/plot_transfer.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("plot_transfer"),
        config=DPI_AND_SPLIT,
    shell:
        "python scripts/plot_transfer.py --code {params.code} --config {params.config:q} --transfer {input.transfer:q} --runs {input.runs:q} --tasks {input.tasks:q} --pdf {output.pdf:q} --png {output.png:q} > {log:q} 2>&1"


rule plot_gains:
    input:
        saturation="<results>/tables/saturation.csv",
        elasticity="<results>/tables/elasticity.csv",
    output:
        png=report(
            "<results>/figures/gains.png",
            caption="../report/gains.rst",
            category="Transfer",
            labels={"figure": "gain per doubling and elasticity"},
        ),
        pdf="<results>/figures/gains.pdf",
    log:
        "<logs>/plot_gains.log",
    benchmark:
        "<benchmarks>/plot_gains.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("plot_gains"),
        config=DPI_AND_SPLIT,
    shell:
        "python scripts/plot_gains.py --code {params.code} --config {params.config:q} --saturation {input.saturation:q} --elasticity {input.elasticity:q} --pdf {output.pdf:q} --png {output.png:q} > {log:q} 2>&1"


rule plot_descriptors:
    input:
        tasks="<results>/tables/tasks.csv",
        saturation="<results>/tables/saturation.csv",
    output:
        png=report(
            "<results>/figures/descriptors.png",
            caption="../report/descriptors.rst",
            category="Transfer",
            labels={"figure": "gain against task descriptors"},
        ),
        pdf="<results>/figures/descriptors.pdf",
    log:
        "<logs>/plot_descriptors.log",
    benchmark:
        "<benchmarks>/plot_descriptors.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("plot_descriptors"),
        config=DPI_AND_SPLIT,
    shell:
        "python scripts/plot_descriptors.py --code {params.code} --config {params.config:q} --tasks {input.tasks:q} --saturation {input.saturation:q} --pdf {output.pdf:q} --png {output.png:q} > {log:q} 2>&1"


rule plot_controls:
    input:
        controls="<results>/tables/controls.csv",
    output:
        png=report(
            "<results>/figures/controls.png",
            caption="../report/controls.rst",
            category="Transfer",
            labels={"figure": "control tasks with known truth"},
        ),
        pdf="<results>/figures/controls.pdf",
    log:
        "<logs>/plot_controls.log",
    benchmark:
        "<benchmarks>/plot_controls.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("plot_controls"),
        config=DPI_AND_SPLIT,
    shell:
        "python scripts/plot_controls.py --code {params.code} --config {params.config:q} --controls {input.controls:q} --pdf {output.pdf:q} --png {output.png:q} > {log:q} 2>&1"


rule plot_correlations:
    input:
        correlations="<results>/tables/correlations.csv",
    output:
        png=report(
            "<results>/figures/correlations.png",
            caption="../report/correlations.rst",
            category="Prediction",
            labels={"figure": "predictors of transfer"},
        ),
        pdf="<results>/figures/correlations.pdf",
    log:
        "<logs>/plot_correlations.log",
    benchmark:
        "<benchmarks>/plot_correlations.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("plot_correlations"),
        config=DPI_AND_SPLIT,
    shell:
        "python scripts/plot_correlations.py --code {params.code} --config {params.config:q} --correlations {input.correlations:q} --pdf {output.pdf:q} --png {output.png:q} > {log:q} 2>&1"


rule plot_surface:
    input:
        surfaces=SURFACES,
    output:
        png=report(
            "<results>/figures/surface.png",
            caption="../report/surface.rst",
            category="Landscape",
            labels={"figure": "loss surface"},
        ),
        pdf="<results>/figures/surface.pdf",
    log:
        "<logs>/plot_surface.log",
    benchmark:
        "<benchmarks>/plot_surface.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("plot_surface"),
        config=DPI,
    shell:
        "python scripts/plot_surface.py --code {params.code} --config {params.config:q} --surfaces {input.surfaces:q} --pdf {output.pdf:q} --png {output.png:q} > {log:q} 2>&1"


rule plot_parameters:
    input:
        maps=MAPS,
    output:
        png=report(
            "<results>/figures/parameters.png",
            caption="../report/parameters.rst",
            category="Landscape",
            labels={"figure": "map of parameter space"},
        ),
        pdf="<results>/figures/parameters.pdf",
    log:
        "<logs>/plot_parameters.log",
    benchmark:
        "<benchmarks>/plot_parameters.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("plot_parameters"),
        config=DPI,
    shell:
        "python scripts/plot_parameters.py --code {params.code} --config {params.config:q} --maps {input.maps:q} --pdf {output.pdf:q} --png {output.png:q} > {log:q} 2>&1"


rule plot_representations:
    input:
        cka="<results>/tables/cka.csv",
        cka_map="<results>/tables/cka_map.csv",
    output:
        png=report(
            "<results>/figures/representations.png",
            caption="../report/representations.rst",
            category="Landscape",
            labels={"figure": "map of representations"},
        ),
        pdf="<results>/figures/representations.pdf",
    log:
        "<logs>/plot_representations.log",
    benchmark:
        "<benchmarks>/plot_representations.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("plot_representations"),
        config=DPI,
    shell:
        "python scripts/plot_representations.py --code {params.code} --config {params.config:q} --cka {input.cka:q} --cka_map {input.cka_map:q} --pdf {output.pdf:q} --png {output.png:q} > {log:q} 2>&1"


rule plot_paths:
    input:
        paths="<results>/tables/paths.csv",
        task_vectors="<results>/tables/task_vectors.csv",
    output:
        png=report(
            "<results>/figures/paths.png",
            caption="../report/paths.rst",
            category="Landscape",
            labels={"figure": "barriers and task vectors"},
        ),
        pdf="<results>/figures/paths.pdf",
    log:
        "<logs>/plot_paths.log",
    benchmark:
        "<benchmarks>/plot_paths.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("plot_paths"),
        config=DPI,
    shell:
        "python scripts/plot_paths.py --code {params.code} --config {params.config:q} --paths {input.paths:q} --task_vectors {input.task_vectors:q} --pdf {output.pdf:q} --png {output.png:q} > {log:q} 2>&1"


rule plot_curves:
    input:
        curves="<results>/tables/curves.csv",
        widths="<results>/tables/widths.csv",
    output:
        png=report(
            "<results>/figures/curves.png",
            caption="../report/curves.rst",
            category="Landscape",
            labels={"figure": "loss along random directions"},
        ),
        pdf="<results>/figures/curves.pdf",
    log:
        "<logs>/plot_curves.log",
    benchmark:
        "<benchmarks>/plot_curves.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("plot_curves"),
        config=DPI,
    shell:
        "python scripts/plot_curves.py --code {params.code} --config {params.config:q} --curves {input.curves:q} --widths {input.widths:q} --pdf {output.pdf:q} --png {output.png:q} > {log:q} 2>&1"


rule plot_spectrum:
    input:
        nodes="<results>/tables/spectrum_nodes.csv",
    output:
        png=report(
            "<results>/figures/spectrum.png",
            caption="../report/spectrum.rst",
            category="Landscape",
            labels={"figure": "spectrum of the Hessian"},
        ),
        pdf="<results>/figures/spectrum.pdf",
    log:
        "<logs>/plot_spectrum.log",
    benchmark:
        "<benchmarks>/plot_spectrum.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("plot_spectrum"),
        config=DPI,
    shell:
        "python scripts/plot_spectrum.py --code {params.code} --config {params.config:q} --spectrum_nodes {input.nodes:q} --pdf {output.pdf:q} --png {output.png:q} > {log:q} 2>&1"


rule plot_costs:
    input:
        costs="<results>/tables/costs.csv",
    output:
        png=report(
            "<results>/figures/costs.png",
            caption="../report/costs.rst",
            category="Costs",
            labels={"figure": "where the time went"},
        ),
        pdf="<results>/figures/costs.pdf",
    log:
        "<logs>/plot_costs.log",
    benchmark:
        "<benchmarks>/plot_costs.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("plot_costs"),
        config=DPI,
    shell:
        "python scripts/plot_costs.py --code {params.code} --config {params.config:q} --costs {input.costs:q} --pdf {output.pdf:q} --png {output.png:q} > {log:q} 2>&1"


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
