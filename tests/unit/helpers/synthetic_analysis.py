"""The analysis of a made-up study, through the functions of the scripts."""

from itertools import product

import ablate_tasks
import assess_sensitivity
import choose_predictor
import compare_methods
import estimate_elasticity
import find_thresholds
import fit_scaling
import judge_claims
import judge_gains
import judge_headline
import judge_pretraining_control
import measure_curves
import measure_spectrum
import rank_predictors
import reconcile_literature
import tabulate_costs
import tabulate_curvature
import tabulate_predictors
import tabulate_runs
import tabulate_shuffled
import tabulate_tasks
import tabulate_transfer
from clm.provenance.files import write_json
from clm.study.grid import Trunk
from made_up import FAMILIES, SIZES, SLOPES, SUBSETS

LISTS = ("trunks", "fine_tuned", "curvature", "shuffled_trunks", "shuffled_fine_tuned")
ENDS = ("200k", "1600k")  # budgets of each trunk
JUDGEMENT = {
    "study": "made-up",
    "corpus": "zinc",
    "corpora": ["zinc", "pubchem"],
    "bootstrap": 200,
    "seed": 0,
    "min_trunks": 4,
    "gain_margin": 0.01,
    "elasticity_margin": 0.1,
    "contrast_margin": 0.05,
    "correlation_margin": 0.3,
    "aggregate": list(SLOPES),
    "controls": {"rising": {"property": "logp", "molecules": 60, "noise": 0}},
}
NAMES = (
    "runs",
    "curvature",
    "transfer",
    "task_predictors",
    "tasks",
    "predictors",
    "costs",
    "fits",
    "saturation",
    "steps",
    "sensitivity",
    "headline",
)
NAMES += ("elasticity", "correlations", "regret", "ablation", "thresholds", "contrasts", "decision", "reconciliation")
NAMES += ("pretraining_control",)


def small_trunks():
    found = [Trunk("zinc", size, subset, 0, ENDS) for size, subset in product(SIZES, SUBSETS)]
    found.append(Trunk("pubchem", "1m", "32k", 0, ENDS))
    return found + [Trunk("untrained", size, "none", seed, ("0",)) for seed in range(3) for size in SIZES]


def run_all(root, study, tables):
    lists = {name: root / "cells" / f"{name}.json" for name in LISTS}
    for name, path in lists.items():
        write_json(path, study.config[name])
    settings, told = study.config | {"corpora": ["zinc", "pubchem"]}, JUDGEMENT
    lists = list(lists.values())
    tasks = {name: {"kind": "regression", "units": "u", "control": False} for name in SLOPES}
    file = {name: tables / f"{name}.csv" for name in NAMES}
    draws = tables / "draws.parquet"
    tabulate_runs.tabulate_runs(cells=lists, settings=settings, results=root, out=file["runs"])
    tabulate_curvature.tabulate_curvature(cells=lists, results=root, out=file["curvature"])
    written = {"out": file["transfer"], "predictors": file["task_predictors"], "draws": draws}
    tabulate_transfer.tabulate_transfer(cells=lists, settings=settings, results=root, **written)
    described = {"tasks": tasks, "families": FAMILIES, "reference": ["zinc", "32k"]}
    tabulate_tasks.tabulate_tasks(settings=described, results=root, out=file["tasks"])
    known = {name: file[name] for name in ("runs", "curvature", "task_predictors")}
    widths = [f"zinc,{size},32k,0,{ENDS[-1]},ok,1.0,{0.5 + 0.1 * i}" for i, size in enumerate(SIZES)]
    known["widths"] = tables / "widths.csv"
    known["widths"].write_text("\n".join([",".join(measure_curves.WIDTH), *widths]) + "\n")
    known["spectra"] = tables / "spectra.csv"
    known["spectra"].write_text(",".join(measure_spectrum.SUMMARY) + "\n")
    tabulate_predictors.tabulate_predictors(**known, out=file["predictors"])
    tabulate_costs.tabulate_costs(cells=lists, settings=settings, results=root, out=file["costs"])
    fit_scaling.fit_scaling(settings=told, runs=file["runs"], out=file["fits"])
    read = {"settings": told, "runs": file["runs"], "transfer": file["transfer"], "draws": draws}
    assess_sensitivity.assess_sensitivity(**read, out=file["sensitivity"])
    run_control(root, study, tables)
    seen = {"sensitivity": file["sensitivity"]}
    judge_headline.judge_headline(**read, **seen, out=file["headline"], curves=tables / "headline_curves.csv")
    judge_gains.judge_gains(**read, **seen, out=file["saturation"], steps=file["steps"])
    estimate_elasticity.estimate_elasticity(**read, **seen, out=file["elasticity"])
    ranked = {"predictors": file["predictors"], "out": file["correlations"], "regret": file["regret"]}
    rank_predictors.rank_predictors(**read, **seen, **ranked)
    chosen = {name: file[name] for name in ("correlations", "regret")}
    choose_predictor.choose_predictor(settings=told, **chosen, out=file["decision"])
    reconcile_literature.reconcile_literature(**read, **seen, out=file["reconciliation"])
    judged = {"saturation": file["saturation"], **seen}
    find_thresholds.find_thresholds(**read, **judged, out=file["thresholds"])
    compared = {name: file[name] for name in ("runs", "transfer")}
    compare_methods.compare_methods(settings=told, **compared, out=file["contrasts"])
    ablate_tasks.ablate_tasks(**read, **judged, tasks=file["tasks"], out=file["ablation"])
    judged = {name: file[name] for name in ("fits", "saturation", "correlations", "headline", "sensitivity")}
    judge_claims.judge_claims(settings=told, **judged, out=tables / "claims.json")


def run_control(root, study, tables):
    """The control of shuffled tokens, whose tables nothing else reads."""
    lists = [root / "cells" / f"{name}.json" for name in LISTS]
    for path in lists:
        write_json(path, study.config[path.stem])
    control = {name: tables / f"shuffled_{name}.csv" for name in ("runs", "transfer")}
    control["draws"] = tables / "shuffled_draws.parquet"
    settings = study.config | {"corpora": ["zinc", "pubchem", "zinc_shuffled"]}
    tabulate_shuffled.tabulate_shuffled(cells=lists, settings=settings, results=root, **control)
    read = {"runs": tables / "runs.csv", "transfer": tables / "transfer.csv", "draws": tables / "draws.parquet"}
    read |= {f"shuffled_{name}": path for name, path in control.items()}
    told = JUDGEMENT | {"shuffled": {"zinc_shuffled": "zinc"}}
    read |= {"sensitivity": tables / "sensitivity.csv", "out": tables / "pretraining_control.csv"}
    judge_pretraining_control.judge_pretraining_control(settings=told, **read)
