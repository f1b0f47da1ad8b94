# Tables, pages and figures of a study, each declared once. The rules are made in tables.smk, analysis.smk and
# figures.smk; a new table or figure needs a line here, its script or module, and a caption.
RUNS_AND_SCORES = table("runs", "transfer", "draws")
KINDS = {name: config["tasks"][name]["kind"] for name in config["transfer"]["tasks"]}
LEARNING = config["transfer"]["learning_curves"]["tasks"]
RESAMPLING = ("bootstrap", "seed")
# By script: inputs, files that it reads below the folder of the study, outputs, settings, memory in MB and minutes.
# Inputs and outputs have the names of the parameters of the script
TABULATED = {
    "tabulate_runs": (
        {"cells": cells("trunks")},
        metrics_files(all_trunks()),
        {"out": shown("runs", "checkpoints")},
        {"corpora": READ_CORPORA},
        (1000, 10),
    ),
    "tabulate_rates": (
        {
            "sweeps": [f"{RESULTS}/pretrain/rates/{size}.json" for size in grid.sizes(config)],
            "checkpoints": [
                str(paths.checkpoint(RESULTS, c) / "metrics.json") for c in grid.repeated_checkpoints(config)
            ],
        },
        [],
        {"out": "<results>/tables/rates.csv"},
        None,
        (500, 10),
    ),
    "tabulate_curvature": (
        {"cells": cells("curvature")},
        curvature_files(),
        {"out": "<results>/tables/curvature.csv"},
        None,
        (1000, 10),
    ),
    "tabulate_transfer": (
        {"cells": cells("trunks", "fine_tuned")},
        model_files(".json") + model_files(".parquet") + baseline_files(".json") + task_files("molecules.csv"),
        {
            "out": "<results>/tables/transfer.csv",
            "predictors": "<results>/tables/task_predictors.csv",
            "draws": "<results>/tables/draws.parquet",
        },
        scored() | {"kinds": KINDS} | judgement("bootstrap"),
        (2000, 60),
    ),
    "tabulate_shuffled": (
        {"cells": cells("shuffled_trunks", "shuffled_fine_tuned")},
        metrics_files(grid.shuffled_trunks(config))
        + shuffled_files(".json")
        + shuffled_files(".parquet")
        + task_files("molecules.csv"),
        {
            "runs": "<results>/tables/shuffled_runs.csv",
            "transfer": "<results>/tables/shuffled_transfer.csv",
            "draws": "<results>/tables/shuffled_draws.parquet",
        },
        {"corpora": [*READ_CORPORA, *SHUFFLED_CORPORA], "tasks": config["transfer"]["tasks"], "kinds": KINDS}
        | judgement("bootstrap"),
        (2000, 60),
    ),
    "tabulate_tasks": (
        {},
        task_files("descriptors.json") + task_files("distance/{}-{}.json".format(*reference_subset())),
        {"out": "<results>/tables/tasks.csv"},
        task_table(),
        (500, 10),
    ),
    "tabulate_predictors": (
        table("runs", "curvature", "widths", "spectra", "task_predictors"),
        [],
        {"out": "<results>/tables/predictors.csv"},
        None,
        (1000, 10),
    ),
    "tabulate_costs": (
        {"cells": cells("trunks", "fine_tuned", "curvature", "shuffled_trunks", "shuffled_fine_tuned")},
        cost_files(),
        {"out": "<results>/tables/costs.csv"},
        scored(),
        (1000, 10),
    ),
    "tabulate_learning": (
        {"curves": learning_files("models") + learning_files("forest")},
        [],
        {"out": shown("learning_curves", "learning curves", "learning_table")},
        {"kinds": {name: config["tasks"][name]["kind"] for name in LEARNING}} | judgement("gain_margin"),
        (500, 10),
    ),
    "tabulate_ladders": (
        {"losses": ladder_losses()},
        ladder_files(),
        {"out": shown("ladders", "ladders of external models")},
        ladder_settings(),
        (2000, 60),
    ),
}
# Likewise, without further files
ANALYSES = {
    "fit_scaling": (
        table("runs"),
        {"out": shown("fits", "fits of the loss")},
        judgement("corpora", "min_trunks", *RESAMPLING),
        (1000, 30),
    ),
    "assess_sensitivity": (
        RUNS_AND_SCORES,
        {"out": shown("sensitivity", "assay sensitivity")},
        judgement("corpus", "controls"),
        (1000, 10),
    ),
    "judge_headline": (
        RUNS_AND_SCORES | table("sensitivity"),
        {"out": shown("headline", "headline", "headline_table"), "curves": "<results>/tables/headline_curves.csv"},
        judgement("corpus", "aggregate", "gain_margin", "elasticity_margin", *RESAMPLING),
        (2000, 30),
    ),
    "judge_gains": (
        RUNS_AND_SCORES | table("sensitivity"),
        {"out": shown("saturation", "verdicts on gain"), "steps": "<results>/tables/steps.csv"},
        judgement("corpus", "gain_margin", "min_trunks"),
        (2000, 30),
    ),
    "estimate_elasticity": (
        RUNS_AND_SCORES | table("sensitivity"),
        {"out": shown("elasticity", "elasticity")},
        judgement("corpora", "elasticity_margin", "min_trunks"),
        (2000, 30),
    ),
    "rank_predictors": (
        RUNS_AND_SCORES | table("predictors", "sensitivity"),
        {
            "out": shown("correlations", "predictors and scores", "correlations_table"),
            "regret": shown("regret", "regret of a choice"),
        },
        judgement("corpus", "min_trunks", "correlation_margin", "aggregate", *RESAMPLING),
        (2000, 60),
    ),
    "judge_claims": (
        table("fits", "saturation", "correlations", "headline", "sensitivity"),
        {"out": "<results>/tables/claims.json"},
        judgement("study", "corpus", "gain_margin", "correlation_margin", "aggregate"),
        (1000, 10),
    ),
    "ablate_tasks": (
        RUNS_AND_SCORES | table("saturation", "tasks", "sensitivity"),
        {"out": shown("ablation", "conclusions with parts left out", "ablation_table")},
        judgement("corpus", "gain_margin", "elasticity_margin", "aggregate", *RESAMPLING),
        (1000, 10),
    ),
    "find_thresholds": (
        RUNS_AND_SCORES | table("saturation", "sensitivity"),
        {"out": shown("thresholds", "thresholds of saturation and degradation", "thresholds_table")},
        judgement("corpus", "gain_margin", "min_trunks", *RESAMPLING),
        (2000, 30),
    ),
    "compare_methods": (
        table("runs", "transfer"),
        {"out": shown("contrasts", "named contrasts")},
        judgement("corpus", "contrast_margin", "aggregate"),
        (1000, 10),
    ),
    "choose_predictor": (
        table("correlations", "regret"),
        {"out": shown("decision", "which predictor to compute", "decision_table")},
        judgement("aggregate", *RESAMPLING),
        (1000, 10),
    ),
    "reconcile_literature": (
        RUNS_AND_SCORES | table("sensitivity"),
        {"out": shown("reconciliation", "the literature recomputed", "reconciliation_table")},
        judgement("corpus", "gain_margin", "min_trunks", "aggregate", *RESAMPLING),
        (2000, 30),
    ),
    "judge_controls": (
        table("transfer", "saturation") | {"summaries": control_summaries()},
        {"out": shown("controls", "control tasks with known truth", "controls_table")},
        None,
        (1000, 10),
    ),
    "compare_published": (
        {"published": own_path("reference/published_scores.csv")} | table("transfer", "runs"),
        {"out": shown("published", "published scores beside ours", "published_table")},
        judgement("corpus"),
        (1000, 10),
    ),
    "judge_pretraining_control": (
        RUNS_AND_SCORES | table("shuffled_runs", "shuffled_transfer", "shuffled_draws", "sensitivity"),
        {
            "out": shown(
                "pretraining_control", "pretraining with and without order", caption="pretraining_control_table"
            )
        },
        {"shuffled": SHUFFLED_CORPORA} | judgement("aggregate", "contrast_margin"),
        (1000, 10),
    ),
    "relate_errors": (
        table("runs", "transfer"),
        {"out": shown("relative_errors", "errors relative to the fingerprint forest", "relative_errors_table")},
        judgement("corpus"),
        (1000, 10),
    ),
}
# By module of clm.figures: files in the order of the arguments of its `draw`, category and label in the report, settings
SPLIT = select_keys(config["figures"], "split")
UNITS = {name: config["tasks"][name].get("units", "") for name in LEARNING}
PLOTS = {
    "headline": (
        ("headline", "headline_curves", "relative_errors"),
        "Answer",
        "headline",
        SPLIT | judgement("gain_margin"),
    ),
    "loss": (("runs", "fits"), "Loss", "pretraining loss against parameters, tokens and compute", {}),
    "gains": (
        ("saturation", "elasticity"),
        "Transfer",
        "gain per doubling and elasticity",
        SPLIT | judgement("aggregate"),
    ),
    "transfer": (("transfer", "runs", "tasks"), "Transfer", "error against pretraining loss", SPLIT),
    "transfer_all": (("transfer", "runs", "tasks"), "Supplement", "error against pretraining loss, all tasks", SPLIT),
    "learning": (("learning_curves",), "What to use", "error against number of labels", {"units": UNITS}),
    "published": (("published",), "What to use", "published scores beside ours", {}),
    "relative_errors": (("relative_errors",), "Supplement", "errors relative to the fingerprint forest", SPLIT),
    "pretraining_control": (
        ("pretraining_control",),
        "Transfer",
        "untrained, shuffled and pretrained encoders",
        SPLIT,
    ),
    "correlations": (("correlations",), "Supplement", "predictors of transfer", SPLIT),
    "descriptors": (("tasks", "saturation"), "Supplement", "gain against task descriptors", SPLIT),
    "controls": (("controls",), "Supplement", "control tasks with known truth", SPLIT),
    "ablation": (
        ("ablation",),
        "Supplement",
        "conclusions with parts left out",
        judgement("gain_margin", "elasticity_margin"),
    ),
    "agreement": (("saturation",), "Supplement", "our verdicts beside those of the review", SPLIT),
    "decision": (("decision", "costs"), "What to use", "which predictor to compute", {}),
    "reconciliation": (("reconciliation",), "Supplement", "the literature recomputed", SPLIT),
    "surface": (surface_files(), "Supplement", "loss surface", {}),
    "parameters": (map_files(), "Supplement", "map of parameter space", {}),
    "representations": (("cka", "cka_map"), "Supplement", "how alike representations are", {}),
    "paths": (("task_vectors",), "Why", "cosine of weight updates", {}),
    "curves": (("curves", "widths"), "Supplement", "loss along random directions", {}),
    "spectrum": (("spectrum_nodes",), "Supplement", "spectrum of the Hessian", {}),
    "costs": (("costs",), "Supplement", "where the time went", {}),
}
MEASURED = "cka cka_map barriers paths task_vectors curves widths spectra spectrum_nodes".split()
WRITTEN = [str(path) for told in (TABULATED | ANALYSES).values() for path in told[-3].values()]
TABLE_FILES = [path for path in WRITTEN if not path.endswith(".parquet")]
# made only if there are ladders
TABLE_FILES = [path for path in TABLE_FILES if config["ladders"] or Path(path).name != "ladders.csv"]
TABLE_FILES += [f"<results>/tables/{name}.csv" for name in MEASURED] + ["<results>/tables/findings.md"]
FIGURES = [f"<results>/figures/{name}.{kind}" for name in PLOTS for kind in ("png", "pdf")]
FIGURES.append("<results>/figures/claims.html")
FIGURES += [f"<results>/answers/{task}.{kind}" for task in config["transfer"]["answers"] for kind in ("html", "png")]
# Texts of the report: a reworded caption reruns the report and nothing else
CAPTIONS = [own_path(f"report/{path.name}") for path in sorted((HOME / "report").glob("*.rst"))]
# All of the analysis, one job after the other: on a cluster it is one group if that fits into an allocation
PAGES = 20 + 20 * len(config["transfer"]["answers"])  # claims and findings; page and figure of each named task
ANALYSIS_MINUTES = sum(told[-1][1] for told in (TABULATED | ANALYSES).values()) + 10 * len(PLOTS) + PAGES + 20
