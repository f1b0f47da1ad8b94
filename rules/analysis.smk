# Analysis of the tables: fits, verdicts on gain, predictors of transfer, claims, findings.


rule fit_scaling:
    input:
        runs="<results>/tables/runs.csv",
    output:
        table=report(
            "<results>/tables/fits.csv",
            caption="../report/fits.rst",
            category="Tables",
            labels={"table": "fits of the loss"},
        ),
    log:
        "<logs>/fit_scaling.log",
    benchmark:
        "<benchmarks>/fit_scaling.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code("fit_scaling"),
        config=canonical(judgement("corpora", "bootstrap", "seed", "min_trunks")),
    shell:
        "python scripts/fit_scaling.py --code {params.code} --config {params.config:q} --runs {input.runs:q} --out {output.table:q} > {log:q} 2>&1"


rule judge_gains:
    input:
        runs="<results>/tables/runs.csv",
        transfer="<results>/tables/transfer.csv",
        draws="<results>/tables/draws.parquet",
    output:
        table=report(
            "<results>/tables/saturation.csv",
            caption="../report/saturation.rst",
            category="Tables",
            labels={"table": "verdicts on gain"},
        ),
        steps="<results>/tables/steps.csv",
    log:
        "<logs>/judge_gains.log",
    benchmark:
        "<benchmarks>/judge_gains.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code("judge_gains"),
        config=canonical(judgement("corpus", "gain_margin", "min_trunks")),
    shell:
        "python scripts/judge_gains.py --code {params.code} --config {params.config:q} --runs {input.runs:q} --transfer {input.transfer:q} --draws {input.draws:q} --out {output.table:q} --steps {output.steps:q} > {log:q} 2>&1"


rule estimate_elasticity:
    input:
        runs="<results>/tables/runs.csv",
        transfer="<results>/tables/transfer.csv",
        draws="<results>/tables/draws.parquet",
    output:
        table=report(
            "<results>/tables/elasticity.csv",
            caption="../report/elasticity.rst",
            category="Tables",
            labels={"table": "elasticity"},
        ),
    log:
        "<logs>/estimate_elasticity.log",
    benchmark:
        "<benchmarks>/estimate_elasticity.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code("estimate_elasticity"),
        config=canonical(judgement("corpora", "elasticity_margin", "min_trunks")),
    shell:
        "python scripts/estimate_elasticity.py --code {params.code} --config {params.config:q} --runs {input.runs:q} --transfer {input.transfer:q} --draws {input.draws:q} --out {output.table:q} > {log:q} 2>&1"


rule rank_predictors:
    input:
        runs="<results>/tables/runs.csv",
        transfer="<results>/tables/transfer.csv",
        draws="<results>/tables/draws.parquet",
        predictors="<results>/tables/predictors.csv",
    output:
        table=report(
            "<results>/tables/correlations.csv",
            caption="../report/correlations_table.rst",
            category="Tables",
            labels={"table": "predictors and scores"},
        ),
        regret=report(
            "<results>/tables/regret.csv",
            caption="../report/regret.rst",
            category="Tables",
            labels={"table": "regret of a choice"},
        ),
    log:
        "<logs>/rank_predictors.log",
    benchmark:
        "<benchmarks>/rank_predictors.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code("rank_predictors"),
        config=canonical(judgement("corpus", "bootstrap", "seed", "min_trunks", "correlation_margin", "aggregate")),
    shell:
        "python scripts/rank_predictors.py --code {params.code} --config {params.config:q} --runs {input.runs:q} --transfer {input.transfer:q} --draws {input.draws:q} --predictors {input.predictors:q} --out {output.table:q} --regret {output.regret:q} > {log:q} 2>&1"


rule judge_claims:
    input:
        fits="<results>/tables/fits.csv",
        saturation="<results>/tables/saturation.csv",
        correlations="<results>/tables/correlations.csv",
    output:
        claims="<results>/tables/claims.json",
    log:
        "<logs>/judge_claims.log",
    benchmark:
        "<benchmarks>/judge_claims.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("judge_claims"),
        config=canonical(
            judgement("study", "corpus", "gain_margin", "correlation_margin", "bootstrap", "seed", "aggregate")
        ),
    shell:
        "python scripts/judge_claims.py --code {params.code} --config {params.config:q} --fits {input.fits:q} --saturation {input.saturation:q} --correlations {input.correlations:q} --out {output.claims:q} > {log:q} 2>&1"


rule write_findings:
    input:
        runs="<results>/tables/runs.csv",
        rates="<results>/tables/rates.csv",
        transfer="<results>/tables/transfer.csv",
        fits="<results>/tables/fits.csv",
        saturation="<results>/tables/saturation.csv",
        elasticity="<results>/tables/elasticity.csv",
        correlations="<results>/tables/correlations.csv",
        decision="<results>/tables/decision.csv",
        ablation="<results>/tables/ablation.csv",
        thresholds="<results>/tables/thresholds.csv",
        contrasts="<results>/tables/contrasts.csv",
        reconciliation="<results>/tables/reconciliation.csv",
        claims="<results>/tables/claims.json",
    output:
        page="<results>/tables/findings.md",
    log:
        "<logs>/write_findings.log",
    benchmark:
        "<benchmarks>/write_findings.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("write_findings"),
        config=canonical(judgement("study", "corpus") | pick(config["figures"], "split")),
    shell:
        "python scripts/write_findings.py --code {params.code} --config {params.config:q} --runs {input.runs:q} --rates {input.rates:q} --transfer {input.transfer:q} --fits {input.fits:q} --saturation {input.saturation:q} --elasticity {input.elasticity:q} --correlations {input.correlations:q} --decision {input.decision:q} --ablation {input.ablation:q} --thresholds {input.thresholds:q} --contrasts {input.contrasts:q} --reconciliation {input.reconciliation:q} --claims {input.claims:q} --out {output.page:q} > {log:q} 2>&1"
