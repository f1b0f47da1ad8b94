# Pages of text, and the report of all figures and tables.
FOUND = (
    "headline sensitivity relative_errors runs rates transfer fits saturation elasticity correlations decision ablation "
    "thresholds contrasts reconciliation pretraining_control"
)
ANSWERED = ("runs", "transfer", "saturation", "learning_curves")

ANSWER_VALUES = "params.settings params.results input.tables input.figure output.out output.predictions"


rule write_findings:
    input:
        tables=[
            f"<results>/tables/{name}.csv" for name in [*FOUND.split(), *(["ladders"] if config["ladders"] else [])]
        ],
        claims="<results>/tables/claims.json",
        summaries=[f"{RESULTS}/tasks/{task}/summary.json" for task in config["transfer"]["tasks"]],
    output:
        out="<results>/tables/findings.md",
    log:
        "<logs>/write_findings.log",
    benchmark:
        "<benchmarks>/write_findings.tsv"
    group:
        grouped("analysis", lambda w: ANALYSIS_MINUTES)
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("report/write_findings"),
        settings=canonical(
            judgement("study", "corpus", "aggregate", "gain_margin") | select_keys(config["figures"], "split")
        ),
    shell:
        script("report/write_findings", "params.settings input.tables input.claims input.summaries output.out")


rule write_answer:
    input:
        summary="<results>/tasks/{task}/summary.json",
        molecules="<results>/tasks/{task}/molecules.csv",
        descriptors="<results>/tasks/{task}/descriptors.json",
        distance="<results>/tasks/{{task}}/distance/{}-{}.json".format(*reference_subset()),
        splits=lambda w: split_files(w.task),
        predictions=lambda w: prediction_files(w.task),
        tables=[f"<results>/tables/{name}.csv" for name in ANSWERED],
        figure="<results>/answers/{task}.png",
    output:
        out=report(
            "<results>/answers/{task}.html",
            caption="../report/answer.rst",
            category="Your tasks",
            labels={"page": "{task}"},
        ),
        predictions="<results>/answers/{task}.csv",
    log:
        "<logs>/write_answer/{task}.log",
    benchmark:
        "<benchmarks>/write_answer/{task}.tsv"
    group:
        grouped("analysis", lambda w: ANALYSIS_MINUTES)
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=20,
    params:
        code=code("report/write_answer"),
        settings=lambda w: canonical(answer_config(w.task)),
        results=results_of,
    shell:
        script("report/write_answer", ANSWER_VALUES)


rule plot_answer:
    input:
        tables=[f"<results>/tables/{table}.csv" for table in ("transfer", "runs")],
    output:
        png="<results>/answers/{task}.png",
        pdf="<results>/answers/{task}.pdf",
    log:
        "<logs>/plot_answer/{task}.log",
    benchmark:
        "<benchmarks>/plot_answer/{task}.tsv"
    group:
        grouped("analysis", lambda w: ANALYSIS_MINUTES)
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("figures/plot_figure", "clm/figures/errors"),
        settings=lambda w: canonical(select_keys(answer_config(w.task), "task", "units", "corpus")),
        figure="errors",
        dpi=config["figures"]["dpi"],
    shell:
        script("figures/plot_figure", FIGURE_VALUES)


rule render_claims:
    input:
        claims="<results>/tables/claims.json",
    output:
        out=shown("claims", "claims and verdicts", folder="figures", kind="html", category="Transfer"),
    log:
        "<logs>/render_claims.log",
    benchmark:
        "<benchmarks>/render_claims.tsv"
    group:
        grouped("analysis", lambda w: ANALYSIS_MINUTES)
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        code=code("report/render_claims"),
    shell:
        script("report/render_claims", "input.claims output.out")


rule write_report:
    input:
        figures=FIGURES,
        tables=TABLE_FILES,
        captions=CAPTIONS,
        request="<results>/report/request.json",
    output:
        out="<results>/report/report.html",
        workflow="<results>/report/workflow.html",
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
        code=code("report/write_report"),
    shell:
        script("report/write_report", "input.request output.out output.workflow")
