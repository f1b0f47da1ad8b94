# Figures of correlations and of the tables in evidence.smk.


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


rule plot_ablation:
    input:
        ablation="<results>/tables/ablation.csv",
    output:
        png=report(
            "<results>/figures/ablation.png",
            caption="../report/ablation.rst",
            category="Transfer",
            labels={"figure": "conclusions with parts left out"},
        ),
        pdf="<results>/figures/ablation.pdf",
    log:
        "<logs>/plot_ablation.log",
    benchmark:
        "<benchmarks>/plot_ablation.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("plot_ablation"),
        config=canonical(pick(config["figures"], "dpi") | judgement("gain_margin", "elasticity_margin")),
    shell:
        "python scripts/plot_ablation.py --code {params.code} --config {params.config:q} --ablation {input.ablation:q} --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_thresholds:
    input:
        thresholds="<results>/tables/thresholds.csv",
        runs="<results>/tables/runs.csv",
    output:
        png=report(
            "<results>/figures/thresholds.png",
            caption="../report/thresholds.rst",
            category="Transfer",
            labels={"figure": "where tasks saturate or degrade"},
        ),
        pdf="<results>/figures/thresholds.pdf",
    log:
        "<logs>/plot_thresholds.log",
    benchmark:
        "<benchmarks>/plot_thresholds.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("plot_thresholds"),
        config=canonical(pick(config["figures"], "dpi", "split") | judgement("corpus")),
    shell:
        "python scripts/plot_thresholds.py --code {params.code} --config {params.config:q} --thresholds {input.thresholds:q} --runs {input.runs:q} --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_agreement:
    input:
        saturation="<results>/tables/saturation.csv",
    output:
        png=report(
            "<results>/figures/agreement.png",
            caption="../report/agreement.rst",
            category="Transfer",
            labels={"figure": "our verdicts beside those of the review"},
        ),
        pdf="<results>/figures/agreement.pdf",
    log:
        "<logs>/plot_agreement.log",
    benchmark:
        "<benchmarks>/plot_agreement.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("plot_agreement"),
        config=DPI_AND_SPLIT,
    shell:
        "python scripts/plot_agreement.py --code {params.code} --config {params.config:q} --saturation {input.saturation:q} --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_decision:
    input:
        decision="<results>/tables/decision.csv",
        costs="<results>/tables/costs.csv",
    output:
        png=report(
            "<results>/figures/decision.png",
            caption="../report/decision.rst",
            category="Prediction",
            labels={"figure": "which predictor to compute"},
        ),
        pdf="<results>/figures/decision.pdf",
    log:
        "<logs>/plot_decision.log",
    benchmark:
        "<benchmarks>/plot_decision.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("plot_decision"),
        config=DPI,
    shell:
        "python scripts/plot_decision.py --code {params.code} --config {params.config:q} --decision {input.decision:q} --costs {input.costs:q} --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_reconciliation:
    input:
        reconciliation="<results>/tables/reconciliation.csv",
    output:
        png=report(
            "<results>/figures/reconciliation.png",
            caption="../report/reconciliation.rst",
            category="Prediction",
            labels={"figure": "the literature recomputed"},
        ),
        pdf="<results>/figures/reconciliation.pdf",
    log:
        "<logs>/plot_reconciliation.log",
    benchmark:
        "<benchmarks>/plot_reconciliation.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("plot_reconciliation"),
        config=DPI_AND_SPLIT,
    shell:
        "python scripts/plot_reconciliation.py --code {params.code} --config {params.config:q} --reconciliation {input.reconciliation:q} --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"
