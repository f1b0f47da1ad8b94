"""Each parameter of the configuration, another value for it, and the jobs that this makes stale directly.

Not written here, because the graph tells it: new jobs, jobs that read from others than before the edit, and all that is
made from a stale job. A direct job is written as a rule (`plot_*` for all of a kind), or `rule/wildcard=value` for some
of its jobs.
"""

from typing import Any

TRAINING = "pretrain_checkpoint sweep_rate"
MASKED = "initialize_model probe_encoder measure_curvature map_surface measure_paths"  # measure a loss
MASKED += " measure_curves measure_spectrum"
TUNING = "tune_rate finetune_model finetune_endpoint"
OVER_TASKS = (
    "rank_predictors judge_claims judge_headline ablate_tasks compare_methods choose_predictor reconcile_literature"
)
RESAMPLED = (
    "fit_scaling rank_predictors judge_headline ablate_tasks find_thresholds choose_predictor reconcile_literature"
)
SPLIT_FIGURES = (
    "headline transfer transfer_all gains descriptors correlations agreement reconciliation controls relative_errors "
    "pretraining_control"
)
OF_ONE_SPLIT = " ".join(f"plot_{name}" for name in SPLIT_FIGURES.split())

# One parameter of the configuration: its path, another value, what it makes stale directly
PARAMETERS: list[tuple[str, Any, str]] = [
    ("resources.gpus", 1, ""),
    ("resources.database_mb", 1000, ""),
    ("sources.molsets.pypi", "molsets==0.3.0", "fetch_source/source=molsets"),
    ("sources.molsets.sha256", "0" * 64, "fetch_source/source=molsets"),
    ("sources.moleculenet_sider.url", ["https://example.org/sider.csv.gz"], ""),  # of no task of this study
    ("sources.molsets.licence", "another", "summarize_corpus/corpus=zinc"),
    ("sources.molsets.citation", "reworded", "summarize_corpus/corpus=zinc"),
    ("sources.molalkit.citation", "reworded", ""),
    ("corpora.zinc.column", 0, "gather_corpus/corpus=zinc"),
    ("corpora.zinc.separator", ";", "gather_corpus/corpus=zinc"),
    ("corpora.zinc.shards", 1, "standardize_corpus/corpus=zinc"),
    ("corpora.zinc.sample_fraction", 0.04, "gather_corpus/corpus=zinc"),
    ("corpora.zinc.max_characters", 100, "standardize_corpus/corpus=zinc"),
    ("corpora.zinc.largest_fragment", True, "standardize_corpus/corpus=zinc"),
    ("corpora.pubchem.neutralize", True, "standardize_corpus/corpus=pubchem"),
    ("corpora.pubchem.validation_molecules", 310, "split_corpus/corpus=pubchem"),
    ("corpora.pubchem.decontaminate", ["freesolv", "dili"], "decontaminate_corpus/corpus=pubchem"),
    ("corpora.zinc_shuffled.shuffle_tokens_of", "pubchem", "judge_pretraining_control"),
    ("tokenizer.kind", "selfies", "count_tokens build_tokenizer"),
    ("tokenizer.max_tokens", 90, "build_tokenizer initialize_model"),
    ("tokenizer.min_count", 6, "build_tokenizer"),
    ("tokenizer.bpe_vocabulary", 900, ""),  # atoms have none
    ("subsets.t300", 299, "draw_subset/subset=t300"),
    ("sizes.7k.layers", 2, "initialize_model/size=7k"),
    ("sizes.7k.width", 28, "initialize_model/size=7k"),
    ("sizes.7k.heads", 4, "initialize_model/size=7k"),
    ("sizes.7k.learning_rate", 0.02, "pretrain_checkpoint/size=7k sweep_rate/size=7k"),
    ("sizes.7k.memory_mb", 999, ""),
    ("sizes.7k.minutes", 99, ""),
    ("sizes.7k.compile", True, ""),
    ("pretraining.batch_tokens", 256, TRAINING),
    ("pretraining.mask_fraction", 0.2, TRAINING),
    ("pretraining.evaluation_mask_fraction", 0.2, TRAINING + " " + MASKED),
    ("pretraining.mask_token_fraction", 0.7, TRAINING),
    ("pretraining.random_token_fraction", 0.05, TRAINING),
    ("pretraining.warmup_tokens", 3000, TRAINING),
    ("pretraining.decay_fraction", 0.3, TRAINING),
    ("pretraining.clip_norm", 2.0, TRAINING),
    ("pretraining.precision", "float32", f"{TRAINING} {TUNING}"),
    ("pretraining.optimizer.name", "sgd", TRAINING),
    ("pretraining.optimizer.beta2", 0.99, TRAINING),
    ("pretraining.optimizer.momentum", 0.8, ""),  # of sgd
    ("pretraining.optimizer.weight_decay", 0.02, TRAINING),
    ("pretraining.sweep.factors", [0.5, 1, 2], "sweep_rate"),
    ("pretraining.sweep.corpus", "pubchem", "sweep_rate"),
    ("pretraining.sweep.subset", "t300", "sweep_rate"),
    ("pretraining.sweep.budget", "t20k", "sweep_rate"),
    ("grid.budgets.t10k", 11000, "pretrain_checkpoint/budget=t10k sweep_rate"),
    ("tasks.dili.smiles", "X", "prepare_task/task=dili"),
    ("tasks.dili.labels", ["X"], "prepare_task/task=dili"),
    ("tasks.dili.kind", "regression", "prepare_task/task=dili"),
    ("tasks.dili.member", "x.csv", "prepare_task/task=dili"),
    ("tasks.dili.separator", ";", "prepare_task/task=dili"),
    ("tasks.dili.id", "name", "prepare_task/task=dili"),
    ("tasks.dili.time", "year", "prepare_task/task=dili"),
    ("tasks.dili.units", "another", "tabulate_tasks"),
    ("tasks.dili.family", "activity", "tabulate_tasks"),
    ("tasks.dili.citation", "reworded", ""),
    ("tasks.dili.cliffs", "cliff", ""),  # read by scripts/score_cliffs.py, by no job
    ("tasks.bbbp.kind", "regression", ""),  # the same
    ("tasks.control_logp.control.property", "tpsa", "prepare_task/task=control_logp"),
    ("tasks.control_logp.control.molecules", 299, "prepare_task/task=control_logp"),
    ("tasks.control_logp.control.noise", 0.5, "prepare_task/task=control_logp"),
    ("tasks.control_logp.control.seed", 1, "prepare_task/task=control_logp"),
    ("splits.random", [0, 1], "probe_encoder score_baseline describe_task"),
    ("transfer.baselines", ["ecfp_forest", "token_counts"], ""),
    ("transfer.baseline_seeds", [0, 1], "score_baseline/baseline=ecfp_forest"),
    ("transfer.graph_networks.epochs", 49, ""),  # of no baseline of this study, like those that follow
    ("transfer.graph_networks.warmup_epochs", 3, ""),
    ("transfer.graph_networks.batch_molecules", 63, ""),
    ("transfer.graph_networks.networks.dmpnn.width", 200, ""),
    ("transfer.graph_networks.networks.attentive_fp.layers", 3, ""),
    ("transfer.graph_networks.networks.mpnn.dropout", 0.1, ""),
    ("transfer.graph_networks.networks.graph_conv.learning_rate", 0.01, ""),
    ("transfer.graph_networks.networks.mpnn.weight_decay", 0.1, ""),
    ("transfer.linear_probe.projected_width", 15, "probe_encoder"),
    ("transfer.linear_probe.inner_layers", 2, "probe_encoder"),
    ("transfer.linear_probe.domain_molecules", 51, "probe_encoder"),
    ("transfer.linear_probe.roughness_molecules", 99, "probe_encoder"),
    ("transfer.fine_tuning.learning_rates", [1.0e-3], "tune_rate"),
    ("transfer.fine_tuning.tune_tasks", ["freesolv"], "tune_rate"),
    ("transfer.fine_tuning.tune_cell.budget", "t10k", "tune_rate/start=pretrained"),
    ("transfer.fine_tuning.steps", 11, TUNING),
    ("transfer.fine_tuning.batch_molecules", 8, TUNING),
    ("transfer.fine_tuning.warmup_steps", 3, TUNING),
    ("transfer.fine_tuning.weight_decay", 0.02, TUNING),
    ("transfer.fine_tuning.head", "random", TUNING),
    ("transfer.fine_tuning.dropout", 0.1, TUNING),
    ("transfer.fine_tuning.splits", {"random": [0]}, "finetune_model"),
    ("transfer.fine_tuning.seeds", [0], "finetune_model finetune_endpoint measure_paths"),
    ("transfer.learning_curves.train_sizes", [50, 90], "trace_labels trace_baseline"),
    ("transfer.learning_curves.seeds", [0], "trace_labels trace_baseline"),
    ("curvature.method", "pyhessian", "measure_curvature"),
    ("curvature.batches", 4, "measure_curvature"),
    ("curvature.molecules_per_batch", 5, "measure_curvature"),
    ("curvature.probes_per_batch", 2, "measure_curvature"),
    ("curvature.tolerance", 1.0e-2, "measure_curvature"),
    ("curvature.max_products", 30, "measure_curvature"),
    ("curvature.rhos", [0.1], "measure_curvature"),
    ("curvature.draws", 4, "measure_curvature"),
    ("curvature.spectrum.molecules", 6, "measure_spectrum"),
    ("curvature.spectrum.steps", 9, "measure_spectrum"),
    ("curvature.spectrum.starts", 3, "measure_spectrum"),
    ("curvature.seed", 1, "measure_curvature measure_spectrum"),
    ("landscape.molecules", 8, "map_surface"),
    ("landscape.points", 7, "map_surface"),
    ("landscape.reach", 0.5, "map_surface"),
    ("landscape.cka_molecules", 199, "compare_representations"),
    ("landscape.line_molecules", 29, "measure_paths"),
    ("landscape.curves.molecules", 9, "measure_curves"),
    ("landscape.curves.directions", 2, "measure_curves"),
    ("landscape.curves.reach", 0.5, "measure_curves"),
    ("landscape.curves.rise", 0.03, "measure_curves"),
    ("landscape.seed", 1, "map_surface map_parameters compare_representations measure_curves"),
    (
        "analysis.gain_margin",
        0.02,
        "judge_gains judge_claims judge_headline ablate_tasks find_thresholds "
        "reconcile_literature plot_ablation plot_headline tabulate_learning write_findings",
    ),
    ("analysis.elasticity_margin", 0.2, "estimate_elasticity judge_headline ablate_tasks plot_ablation"),
    ("analysis.correlation_margin", 0.4, "rank_predictors judge_claims"),
    ("analysis.contrast_margin", 0.1, "compare_methods judge_pretraining_control"),
    (
        "analysis.min_trunks",
        5,
        "find_thresholds fit_scaling judge_gains estimate_elasticity rank_predictors reconcile_literature",
    ),
    ("analysis.bootstrap", 101, "tabulate_transfer tabulate_shuffled " + RESAMPLED),
    ("analysis.seed", 1, RESAMPLED),
    ("analysis.exclude_tasks", ["dili"], f"{OVER_TASKS} judge_pretraining_control write_findings plot_gains"),
    ("figures.dpi", 90, "plot_*"),
    ("figures.split", "random", OF_ONE_SPLIT + " write_findings"),
]

# Keys that no line changes alone: names, lists of the tables above, places of files
UNTRIED = {
    "study",
    "base",
    "grid.trunks",
    "grid.untrained_initializations",
    "corpora.files",
    "tasks.source",
    "tasks.file",
    "transfer.tasks",
    "transfer.fine_tuning.tasks",
}
UNTRIED |= {"transfer.fine_tuning.cells", "transfer.fine_tuning.splits.scaffold", "tasks.control.corpus"}
UNTRIED |= {f"transfer.fine_tuning.tune_cell.{key}" for key in ("corpus", "seed", "subset")}
UNTRIED |= {"transfer.learning_curves.tasks", "transfer.learning_curves.cells", "transfer.answers", "transfer.controls"}
UNTRIED |= {
    "landscape.surfaces",
    "landscape.maps",
    "landscape.curves.cells",
    "curvature.spectrum.cells",
    "external_models",
    "external_embeddings",
    "ladders",
}
UNTRIED |= {"curvature.eigenvalues"}  # always 5
