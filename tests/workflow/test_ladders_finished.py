"""A ladder of our own checkpoints, given as folders from elsewhere, has the tables of the study itself."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from assess_sensitivity import assess_sensitivity
from clm.models.build import load_model
from clm.study.ladders import expand_ladders, external_names, key_of
from clm.tables.columns import PRIMARY, UNTRAINED
from clm.tables.frames import read_table
from clm.transfer.embed import embed
from clm.transfer.external_loss import external_loss
from clm.transfer.tokens import tokenize
from estimate_elasticity import estimate_elasticity
from judge_gains import judge_gains
from probe_external import probe_external
from rank_predictors import rank_predictors
from tabulate_ladders import tabulate_ladders

pytestmark = pytest.mark.slow
TASKS = {"freesolv": ["freesolv"], "control_logp": ["value"]}
SHARED = ["loss", "parameters", "flops", "tokens", "molecules", "logme", "knn", "rogi_xd"]  # what both know
SETTINGS = {
    "corpus": "zinc",
    "corpora": ["zinc"],
    "controls": {"control_logp": {"property": "logp", "molecules": 300, "noise": 0.6}},
    "aggregate": ["freesolv"],
    "gain_margin": 0.01,
    "elasticity_margin": 0.1,
    "correlation_margin": 0.3,
    "min_trunks": 3,
    "bootstrap": 100,
    "seed": 0,
}


@pytest.fixture(scope="module")
def results(finished):
    """The results of the tiny study."""
    return finished / "results" / "tiny"


def folder_of(row) -> str:
    """The folder of a checkpoint below the results."""
    return f"pretrain/{row['corpus']}/{row['size']}/{row['subset']}/seed{int(row['seed'])}/{row['budget']}"


def ladder_of(results) -> tuple[dict, dict]:
    """The checkpoints on zinc as a ladder, and its external models; untrained encoders are its twins."""
    runs = read_table(results / "tables" / "runs.csv")
    twins, models, external = {}, {}, {}
    for row in runs[runs["corpus"].isin(["zinc", UNTRAINED])].to_dict("records"):
        name = folder_of(row).replace("pretrain/", "").replace("/", "-")
        external[name] = {"model": str(results / folder_of(row))}
        if row["corpus"] == UNTRAINED:
            twins.setdefault(row["size"], []).append(name)
            continue
        told = {key: row[key] for key in ("parameters", "tokens", "molecules", "flops", "loss")}
        models[name] = told | {"seed": int(row["seed"]), "stage": row["budget"], "size": row["size"]}
    for entry in models.values():
        entry["untrained"] = twins[entry.pop("size")]
    return {"corpus": "zinc", "models": models}, external


def probe_all(results, names, external, out):
    """Score every model on every task as models from elsewhere."""
    for task, labels in TASKS.items():
        molecules, splits = results / "tasks" / task / "molecules.csv", results / "tasks" / task / "splits"
        (out / "tasks" / task).mkdir(parents=True)
        (out / "tasks" / task / "molecules.csv").write_bytes(molecules.read_bytes())
        files = {"scaffold": "scaffold-0", "random": "random-0"}
        paths = [next(splits.glob(f"{name}*")) for name in files.values()]
        for name in names:
            folder = out / "transfer" / "baselines" / name
            folder.mkdir(parents=True, exist_ok=True)
            told = {"name": name, "task": task, "kind": "regression", "labels": labels} | external[name]
            told |= {"splits": [[name, 0] for name in files], "max_lost_fraction": 1, "roughness_molecules": 100}
            ends = (folder / f"{task}{end}" for end in (".json", ".parquet", ".cost.json"))
            probe_external(molecules, paths, told, *ends)


def audited(results, ladder, external, out):
    """The table of a ladder whose models are all external."""
    probe_all(results, external_names(ladder), external, out)
    told = {"ladders": {"own": ladder}, "tasks": list(TASKS), "kinds": dict.fromkeys(TASKS, "regression")}
    tabulate_ladders(out, [], SETTINGS | told, out / "ladders.csv")
    return read_table(out / "ladders.csv")


def inside(results, out):
    """The study's own tables over the same tasks and read-out."""
    transfer = read_table(results / "tables" / "transfer.csv")
    kept = transfer["task"].isin(list(TASKS)) & (transfer["mode"] == "linear_probe") & (transfer["features"] == PRIMARY)
    transfer[kept].to_csv(out / "transfer.csv", index=False)
    draws = pd.read_parquet(results / "tables" / "draws.parquet")
    kept = draws["task"].isin(list(TASKS)) & (draws["mode"] == "linear_probe") & (draws["features"] == PRIMARY)
    draws[kept].to_parquet(out / "draws.parquet")
    read = (results / "tables" / "runs.csv", out / "transfer.csv", out / "draws.parquet")
    assess_sensitivity(*read, SETTINGS, out / "sensitivity.csv")
    predictors = read_table(results / "tables" / "predictors.csv")
    kept = predictors["name"].isin(SHARED) & (predictors["task"].isna() | predictors["task"].isin(list(TASKS)))
    predictors[kept].to_csv(out / "predictors.csv", index=False)
    ranked = (out / "predictors.csv", out / "sensitivity.csv", SETTINGS, out / "correlations.csv", out / "regret.csv")
    rank_predictors(*read, *ranked)
    judge_gains(*read, out / "sensitivity.csv", SETTINGS, out / "saturation.csv", out / "steps.csv")
    estimate_elasticity(*read, out / "sensitivity.csv", SETTINGS, out / "elasticity.csv")
    return [read_table(out / f"{name}.csv") for name in ("saturation", "elasticity", "correlations", "regret")]


def own_features(smiles, model, name):
    """Features of a folder by our own encoder, as in the study."""
    folder = Path(model["model"])
    shard = tokenize(
        smiles, Path(*folder.parts[: folder.parts.index("pretrain")], "tokenizer"), list(range(len(smiles)))
    )
    return embed(load_model(folder), shard, every_layer=True)[-1], {}


@pytest.mark.parametrize(("features", "tolerance"), [(own_features, 1e-6), (None, 1e-3)])
def test_a_ladder_of_our_checkpoints_has_our_tables(results, tmp_path, monkeypatch, features, tolerance):
    """With our features all numbers are equal to 1e-6. AutoModel sums float32 numbers in another order.

    An elasticity divides by losses that hardly differ here: its numbers are equal to a thousandth of their intervals.
    """
    if features:
        monkeypatch.setattr("probe_external.model_features", features)
    outside = audited(results, *ladder_of(results), tmp_path)
    gains, elasticity, correlations, regret = inside(results, tmp_path)
    pairs = {"gain": (gains, ["axis", "task", "split"], "gain"), "elasticity": (elasticity, ["task", "split"], "slope")}
    for quantity, (table, keys, value) in pairs.items():
        both = outside[outside["quantity"] == quantity].merge(table, on=keys, suffixes=("", "_inside"))
        assert len(both) == len(table) == (16 if quantity == "gain" else 4)
        assert both["estimate"].notna().sum() == table[value].notna().sum() > 0
        width = 1.0 if features else (both["upper_inside"] - both["lower_inside"]).fillna(0.02)
        for ours, theirs in ((value, "estimate"), ("lower_inside", "lower"), ("upper_inside", "upper")):
            np.testing.assert_array_less((both[theirs] - both[ours]).abs().fillna(0), tolerance * width)
        for name in ("p", "p_holm", "df", "n_cells", "n_trunks"):
            np.testing.assert_allclose(both[name], both[f"{name}_inside"], rtol=tolerance, atol=10 * tolerance)
        assert (both["verdict"] == both["verdict_inside"]).all()
        assert (both["reason"] == both["reason_inside"]).all()
    if features:  # ranks of numbers that differ by rounding may change places
        same_ranking(outside, correlations, regret)


def test_with_twins_made_from_their_config_the_gains_lie_within_our_intervals(results, tmp_path):
    ladder, external = ladder_of(results)
    for entry in ladder["models"].values():
        del entry["untrained"]
    config = {"external_models": {name: external[name] for name in ladder["models"]}, "ladders": {"own": ladder}}
    expand_ladders(config)
    assert sum("untrained_seed" in entry for entry in config["external_models"].values()) == 3 * 3
    outside = audited(results, ladder, config["external_models"], tmp_path)
    gains = inside(results, tmp_path)[0]
    found = outside[outside["quantity"] == "gain"].merge(gains, on=["axis", "task", "split"], suffixes=("", "_inside"))
    found = found[found["gain"].notna()]
    assert len(found) > 4 and found["estimate"].notna().all()
    assert (found["lower_inside"] <= found["estimate"]).all() and (found["estimate"] <= found["upper_inside"]).all()
    assert ((found["estimate"] - found["gain"]).abs() > 1e-6).any()  # the twins are others
    np.testing.assert_allclose(found["raw"], found["raw_gain"], atol=1e-5)  # which need no twins


def same_ranking(outside, correlations, regret):
    """The predictors of the ladder rank and choose as those of the study."""
    keys = ["mode", "split", "task", "predictor"]
    pairs = {"correlation": (correlations, {"spearman": "estimate", "partial_loss": "partial_loss"})}
    pairs["regret"] = (regret, {"against_random": "estimate"})
    for quantity, (table, columns) in pairs.items():
        ours = outside[outside["quantity"] == quantity]
        both = table.merge(ours, on=keys, suffixes=("", "_ladder"))
        assert len(both) == len(table) == len(ours) > 10 and {"logme", "loss", "parameters"} <= set(both["predictor"])
        for name, other in columns.items():
            column = f"{other}_ladder" if other == name else other
            np.testing.assert_allclose(both[name], both[column], rtol=1e-6, atol=1e-6)
        if quantity == "correlation":
            assert (both["verdict"] == both["verdict_ladder"]).all()


def test_the_loss_of_a_folder_is_the_loss_that_was_measured_in_training(results):
    ladder, external = ladder_of(results)
    valid = pq.read_table(results / "corpora" / "zinc" / "valid.parquet")
    smiles, keys = valid["smiles"].to_pylist(), valid["key"].to_numpy()
    name = next(name for name in ladder["models"] if "25k" in name)
    found = external_loss(smiles, keys, external[name], 0.15, name)
    metrics = json.loads((Path(external[name]["model"], "metrics.json")).read_text())
    assert found["loss"] == pytest.approx(ladder["models"][name]["loss"], rel=1e-5), metrics
    assert 0.5 * found["loss"] < found["loss_per_character"] < found["loss"]


def test_keys_of_models_without_numbers_are_told_apart():
    assert key_of("a", {"parameters": None, "tokens": None}) != key_of("b", {"parameters": None, "tokens": None})
