# Figures of pretraining, transfer and costs, made from tables only.


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
