# Figures of the landscape, made from tables only (surfaces and maps of parameter space are tables of their own).


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
