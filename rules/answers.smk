# A page per named task for whoever owns its data.


rule write_answer:
    input:
        summary="<results>/tasks/{task}/summary.json",
        molecules="<results>/tasks/{task}/molecules.csv",
        distance="<results>/tasks/{{task}}/distance/{}-{}.json".format(*reference_subset()),
        predictions=lambda w: prediction_files(w.task),
        runs="<results>/tables/runs.csv",
        transfer="<results>/tables/transfer.csv",
        saturation="<results>/tables/saturation.csv",
        thresholds="<results>/tables/thresholds.csv",
        curves="<results>/tables/learning_curves.csv",
    output:
        page=report(
            "<results>/answers/{task}.html",
            caption="../report/answer.rst",
            category="Answers",
            labels={"task": "{task}", "what": "page"},
        ),
        predictions="<results>/answers/{task}.csv",
    log:
        "<logs>/write_answer/{task}.log",
    benchmark:
        "<benchmarks>/write_answer/{task}.tsv"
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=20,
    params:
        code=code("write_answer"),
        config=lambda w: canonical(answer_config(w.task)),
        root=results_root,
    shell:
        "python scripts/write_answer.py --code {params.code} --config {params.config:q} --results {params.root:q} --runs {input.runs:q} --transfer {input.transfer:q} --saturation {input.saturation:q} --thresholds {input.thresholds:q} --curves {input.curves:q} --out {output.page:q} --predictions {output.predictions:q} > {log:q} 2>&1"


rule plot_answer:
    input:
        transfer="<results>/tables/transfer.csv",
        runs="<results>/tables/runs.csv",
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
        code=code("plot_answer"),
        config=lambda w: canonical(
            pick(config["figures"], "dpi") | pick(answer_config(w.task), "task", "units", "corpus")
        ),
    shell:
        "python scripts/plot_answer.py --code {params.code} --config {params.config:q} --transfer {input.transfer:q} --runs {input.runs:q} --pdf {output.pdf:q} --png {output.png:q} > {log:q} 2>&1"
