"""Tables of a made-up study with the default study's shape."""

import numpy as np
import pandas as pd
from made_up import BUDGETS, REGRESSION, SIZES, SUBSETS, TASKS


def runs_table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    trunks = [("zinc", s, u, 0) for s in SIZES for u in SUBSETS]
    trunks += [("zinc", "1m", "32k", 1), ("zinc", "1m", "32k", 2), ("pubchem", "1m", "32k", 0)]
    rows = []
    for corpus, size, subset, seed in trunks:
        for budget, tokens in BUDGETS.items():
            n, u = SIZES[size], SUBSETS[subset]
            value = 0.35 + 12 / n**0.25 + 90 / tokens**0.4 + 30 / u + 0.02 * rng.normal() + 0.6 * (corpus == "pubchem")
            rows.append(
                dict(corpus=corpus, size=size, subset=subset, seed=seed, budget=budget, status="ok", parameters=n,
                     tokens=tokens, molecules=min(u, tokens / 37), epochs=tokens / 37 / u, flops=6.4 * n * tokens,
                     loss=value, loss_zinc=value, loss_pubchem=value + 0.7)
            )  # fmt: skip
    rows[5] |= {"status": "diverged", "loss": np.nan, "loss_zinc": np.nan}
    for size, n in SIZES.items():
        rows.append(dict(corpus="untrained", size=size, subset="none", seed=0, budget="0", status="ok", parameters=n,
                         tokens=0, molecules=0, flops=0, loss=4.1, loss_zinc=4.1))  # fmt: skip
    return pd.DataFrame(rows)


def transfer_table(runs: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    rows = []
    for i, task in enumerate(TASKS):
        scale = 1.0 if task in REGRESSION else 0.25
        common = dict(task=task, split="scaffold", split_seed=0, label="y", status="ok",
                      metric="rmse" if task in REGRESSION else "auc")  # fmt: skip
        for run in runs.to_dict("records"):
            names = {key: run[key] for key in ("corpus", "size", "subset", "seed", "budget")}
            e = scale * (0.7 + 0.02 * (i % 6) * ((run["loss"] if run["loss"] > 0 else 3) ** 1.3) + 0.02 * rng.normal())
            rows.append(
                common | names | dict(mode="linear_probe", features="mean", error=e, lower=e * 0.92, upper=e * 1.09)
            )
            if run["subset"] in ("32k", "none") and run["budget"] in ("1600k", "0"):
                for seed in (0, 1):
                    f = 0.95 * e + 0.01 * scale * rng.normal()
                    rows.append(common | names | dict(mode="fine_tuned", finetune_seed=seed, features="", error=f,
                                                      lower=f * 0.9, upper=f * 1.1))  # fmt: skip
        for baseline, factor in (("ecfp_forest", 0.8), ("token_counts", 0.95)):
            rows.append(common | dict(mode="baseline", baseline=baseline, features="counts", error=factor * scale))
    return pd.DataFrame(rows)


def fits_table() -> pd.DataFrame:
    rows = []
    for axis, a, scale in (("N", 0.11, 5.3), ("D", 0.16, 9.8), ("C", 0.11, 27.0)):
        for name, value in (("A", scale), ("a", a)):
            rows.append(dict(axis=axis, corpus="zinc", form="power", parameter=name, estimate=value, lower=value * 0.8,
                             upper=value * 1.2, status="ok"))  # fmt: skip
        rows.append(dict(axis=axis, corpus="zinc", form="power_floor", parameter="E", status="not_identified"))
    return pd.DataFrame(rows)


def gain_tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(2)
    verdicts = ["improving", "saturated", "degraded", "undecided", "AUC not above one half", "not testable here"]
    arrivals = ["arrives", "nothing arrives", "undecided"]
    gain_rows, slope_rows = [], []
    for mode in ("linear_probe", "fine_tuned"):
        for i, task in enumerate(TASKS):
            for axis in "NDU" if mode == "linear_probe" else "N":
                g, w = 0.03 * rng.normal(), 0.01 + 0.4 * (i == 3)
                gain_rows.append(dict(axis=axis, mode=mode, split="scaffold", features="mean", task=task, metric="auc",
                                      gain=g, lower=g - w, upper=g + w, verdict=verdicts[i % 6],
                                      review_verdict=verdicts[i % 3], agrees=int(i < 3)))  # fmt: skip
            s = 0.3 * rng.normal() + 0.2
            slope_rows.append(dict(mode=mode, split="scaffold", features="mean", corpus="zinc", task=task, slope=s,
                                   lower=s - 0.2, upper=s + 0.2, verdict=arrivals[i % 3]))  # fmt: skip
    return pd.DataFrame(gain_rows), pd.DataFrame(slope_rows)


def tasks_table() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        dict(task=task, kind="regression" if task in REGRESSION else "classification",
             metric="rmse" if task in REGRESSION else "auc", units=REGRESSION.get(task, "inhibits"),
             molecules=int(10 ** rng.uniform(2.6, 4)), graph_diameter=rng.normal(11, 3), heavy_atoms=rng.normal(20, 4),
             label_variance=rng.lognormal(), scaffold_diversity=rng.uniform(), rogi_xd=rng.uniform(0, 0.3),
             acyclic_fraction=rng.uniform(0, 0.3), salt_fraction=0.0, nearest_tanimoto_mean=rng.uniform(0.3, 0.8),
             unseen_token_fraction=rng.uniform(0, 0.02), overlap_fraction=rng.uniform(0, 0.01),
             control=int(task.startswith("control")))
        for task in TASKS
    )  # fmt: skip


def correlations_table() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    names = ["loss", "parameters", "tokens", "flops", "trace", "trace_per_parameter", "scale_aware_trace",
             "eigenvalue_1", "sharpness_1", "logme", "knn", "linear_probe", "domain_loss", "domain_loss_excess",
             "domain_loss_bracket", "rogi_xd"]  # fmt: skip
    return pd.DataFrame(
        dict(mode=mode, split="scaffold", features="mean", task=task, predictor=name, n_cells=60, n_trunks=15,
             spearman=np.clip(rng.normal(-0.3, 0.5), -1, 1), p=rng.uniform(0, 0.2))
        for mode in ("linear_probe", "fine_tuned") for task in [*TASKS, "(all)"] for name in names
        if not (mode == "fine_tuned" and name == "linear_probe")
    )  # fmt: skip


def costs_table() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    stages = {"pretrain_checkpoint": (60, 12), "probe_encoder": (180, 1.5), "finetune_model": (90, 6),
              "measure_curvature": (20, 9), "score_baseline": (32, 4), "standardize_corpus": (6, 25),
              "prepare_task": (16, 0.8), "plot_loss": (1, 2.2)}  # fmt: skip
    return pd.DataFrame(
        dict(stage=stage, job=f"{stage}-{i}", wall_seconds=mean * rng.uniform(0.7, 1.3), cpu_seconds=mean * 0.9)
        for stage, (count, mean) in stages.items() for i in range(count)
    )  # fmt: skip


def ablation_table() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    parts = [("nothing", "nothing"), *(("task", task) for task in TASKS), ("family", "adme"), ("mode", "fine_tuned")]
    names = ["supported", "contradicted", "undecided"]
    return pd.DataFrame(
        dict(statistic=statistic, mode="(all)", split="(all)", left_out=kind, name=name, n_tasks=len(TASKS),
             effect=np.nan if kind == "mode" else (x := 0.01 * rng.normal()), lower=x - 0.01, upper=x + 0.01,
             verdict=names[i % 3], changed=i % 2, change="to undecided" if i % 2 else "none")
        for statistic in ("N", "D", "U", "C", "elasticity", "task_dependence") for i, (kind, name) in enumerate(parts)
    )  # fmt: skip


def thresholds_table() -> pd.DataFrame:
    verdicts = ["improving", "no relevant gain", "degraded", "undecided", "AUC not above one half"]
    values = {"N": SIZES, "D": BUDGETS, "U": SUBSETS}
    return pd.DataFrame(
        dict(axis=axis, mode="linear_probe", split="scaffold", task=task, verdict=verdicts[i % 5], start=list(known)[1],
             at=list(known.values())[1], onset_lower=list(known)[0], onset_upper="beyond" if i % 2 else list(known)[1])
        for axis, known in values.items() for i, task in enumerate(TASKS)
    )  # fmt: skip


def decision_table() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    verdicts = ["recommended", "costs nothing", "undecided", "not recommended"]
    return pd.DataFrame(
        dict(mode=mode, split="scaffold", predictor=name, needs="nothing", n_tasks=12, verdict=verdicts[i % 4],
             stage=["", "linear_probe", "fine_tuned"][i % 3], spearman=(r := rng.uniform(-0.8, 0.8)),
             spearman_lower=r - 0.1,
             spearman_upper=r + 0.1, hindsight=0.02 * i + 0.03, against_random=0.02 * (i - 2),
             against_random_lower=0.02 * i - 0.07 if i else np.nan, against_random_upper=0.02 * i - 0.01)
        for mode in ("linear_probe", "fine_tuned") for i, name in enumerate(["loss", "logme", "random", "trace", "knn"])
    )  # fmt: skip


def reconciliation_table() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    kinds = [("window", paper, "fine_tuned") for paper in ("MolEncoder (doi)", "whole range of this study")]
    kinds += [("layers", "CLIMB", name) for name in ("last layer", "middle layer", "last minus middle")]
    kinds += [("isoloss", "Liu et al.", "parameters at equal loss")]
    return pd.DataFrame(
        dict(question=question, paper=paper, mode="linear_probe", split="scaffold", task=task, contrast=contrast,
             estimate=(x := 0.3 * rng.uniform(-1, 1)), lower=x - 0.1, upper=x + 0.1, verdict="undecided",
             expected=0.1 if paper.startswith("Mol") else np.nan, expected_lower=-0.2, expected_upper=0.4)
        for question, paper, contrast in kinds for task in [*TASKS, "(all)"]
    )  # fmt: skip


CLAIMS = {
    "study": "synthetic",
    "sensitive": [],
    "claims": [
        dict(id="a", claim="Loss falls with <scale> & data", source="abstract", test="slope", n=12, effect=0.0612,
             lower=0.05, upper=0.07, p=0.0004, verdict="supported", reason="interval above 0", tables=["fits.csv"]),
        dict(id="b", claim="Gains are limited", source="abstract", test="median", n=16, effect=None, lower=None,
             upper=None, p=None, verdict="undecided", reason="too few tasks", tables=[]),
    ],
}  # fmt: skip


def pretraining_control_table() -> pd.DataFrame:
    rows = []
    for mode, tasks in (("linear_probe", [*TASKS, "(all)"]), ("fine_tuned", ["esol", "bace", "(all)"])):
        for i, task in enumerate(tasks):
            for kind, gain in (("untrained", 0.0), ("shuffled", 0.03), ("pretrained", 0.1 + 0.01 * i), ("order", 0.07)):
                row = dict(size="1m", subset="32k", budget="1600k", mode=mode, split="scaffold", task=task, kind=kind)
                rows.append(row | dict(gain=gain, lower=gain - 0.03, upper=gain + 0.03))
    return pd.DataFrame(rows)


def controls_table() -> pd.DataFrame:
    rows = []
    for kind, noise, share in (("logp", 0, 0.0), ("logp", 0.6, 0.7), ("amides", 0, 0.0), ("amides", 0.6, 0.9)):
        for i, axis in enumerate("NDUC"):
            gain = (0.06 - 0.015 * i) * (1 - share)
            row = dict(task=f"control_{kind}_{noise}", property=kind, molecules=1000, noise=noise, mode="linear_probe",
                       split="scaffold", axis=axis, noise_fraction=share, noise_fraction_lower=share * 0.9,
                       noise_fraction_upper=share * 1.05, gain=gain, lower=gain - 0.01, upper=gain + 0.01)  # fmt: skip
            truth = {f"truth_{name}": row[name] / (1 - share) for name in ("gain", "lower", "upper")}
            rows.append(row | truth)
    return pd.DataFrame(rows)
