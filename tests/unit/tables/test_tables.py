"""From the files of a made-up study to verdicts, through the scripts themselves."""

import numpy as np
import pandas as pd
import pytest
from clm.provenance.files import read_json, write_json
from clm.study import paths
from clm.study.grid import Checkpoint, Probe, Trunk
from clm.tables.frames import read_table
from made_up import BUDGETS, SLOPES
from synthetic_analysis import NAMES, run_all, small_trunks
from synthetic_study import Study


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study with a diverged checkpoint, a task that has no number anywhere and a cell without a metric."""
    root = tmp_path_factory.mktemp("study")
    made = Study(root, SLOPES, small_trunks(), splits=(0, 1, 2), diverged=("zinc", "60k", "2k", 0, "1600k")).write()
    for trunk in made.trunks:
        path = paths.linear_probe(root, Probe(trunk, "broken"))
        told = read_json(path)
        for cell in told["cells"]:
            cell |= dict.fromkeys(("error", "score", "lower", "upper", "trivial_error")) | {"status": "one_class"}
        write_json(path, told)
        predictions = pd.read_parquet(path.with_suffix(".parquet")).assign(prediction=np.nan)
        predictions.to_parquet(path.with_suffix(".parquet"), index=False)
    path = paths.linear_probe(root, Probe(Trunk("zinc", "200k", "8k", 0), "flat"))
    told = read_json(path)
    told["cells"][0] |= {"error": None, "score": None, "status": "nan_predictions"}
    write_json(path, told)
    path = paths.curvature(root, Checkpoint(Trunk("zinc", "500k", "2k", 0), "1600k"))
    write_json(path, {"status": "diverged", "loss": None})
    run_all(root, made, root / "tables")
    return made


@pytest.fixture
def tables(study):
    return {name: read_table(study.root / "tables" / f"{name}.csv") for name in NAMES}


def verdicts(table, **where):
    for name, value in where.items():
        table = table[table[name] == value]
    return dict(zip(table["task"], table["verdict"], strict=True))


def test_tables_have_a_row_for_every_cell(study, tables):
    checkpoints = 13 * 2 + 3 * 4
    assert len(tables["runs"]) == checkpoints
    untrained = tables["runs"][tables["runs"]["corpus"] == "untrained"]
    assert set(untrained["subset"]) == {"none"} and set(untrained["budget"]) == {"0"} and untrained["loss"].eq(3).all()
    probed = tables["transfer"][tables["transfer"]["mode"] == "linear_probe"]
    assert len(probed) == checkpoints * 4 * len(SLOPES)
    assert set(tables["transfer"]["mode"]) == {"linear_probe", "fine_tuned", "baseline"}
    assert tables["transfer"].loc[tables["transfer"]["mode"] == "baseline", "corpus"].isna().all()
    assert len(tables["curvature"]) == 13 and tables["curvature"]["trace"].isna().sum() == 1
    assert {"sharpness_1", "sharpness_1_rho", "sharpness_1_error", "eigenvalue_5"} <= set(tables["curvature"])
    assert tables["tasks"]["control"].eq(0).all() and tables["tasks"]["label_noise"].isna().all()
    fine_tuned = len(study.config["fine_tuned"][0]["checkpoints"]) * 3
    assert len(tables["costs"]) == checkpoints + 13 + 25 * len(SLOPES) + fine_tuned + 2 * len(SLOPES)
    assert tables["costs"]["job"].is_unique and not tables["costs"]["job"].str.startswith("/").any()


def test_a_diverged_checkpoint_is_shown_and_left_out(tables):
    row = tables["runs"][tables["runs"]["status"] == "diverged"].iloc[0]
    assert pd.isna(row["loss"]) and row["parameters"] == 6e4
    assert tables["fits"].loc[tables["fits"]["axis"] == "N", "n"].iloc[0] == 23
    gains = tables["saturation"]
    reasons = gains[(gains["axis"] == "N") & (gains["mode"] == "linear_probe") & (gains["task"] == "rising")]["reason"]
    assert reasons.str.contains("1 checkpoints without a usable error left out").all()


def test_exponents_of_the_loss_are_recovered(tables):
    fits = tables["fits"][(tables["fits"]["corpus"] == "zinc") & (tables["fits"]["form"] == "power")]
    exponents = fits[fits["parameter"] == "a"].set_index("axis")["estimate"]
    assert exponents[["N", "D", "U"]].tolist() == pytest.approx([0.10, 0.08, 0.03], abs=0.01)
    floors = tables["fits"][tables["fits"]["parameter"] == "E"]
    assert not floors["status"].eq("ok").any() and floors["estimate"].isna().all()


@pytest.mark.parametrize("split", ["scaffold", "random"])
def test_gains_get_the_planted_verdicts(tables, split):
    found = verdicts(tables["saturation"], axis="N", mode="linear_probe", split=split)
    assert found["rising"] == "improving" and found["falling"] == "degraded"
    assert found["flat"] in ("saturated", "no relevant gain", "undecided") and "broken" not in found
    tokens = verdicts(tables["saturation"], axis="D", mode="linear_probe", split=split)
    assert tokens["rising"] == "improving" and tokens["falling"] == "degraded"
    molecules = verdicts(tables["saturation"], axis="U", mode="linear_probe", split=split)
    assert set(molecules.values()) <= {"saturated", "no relevant gain", "undecided"}
    gains = (
        tables["saturation"]
        .query("axis == 'N' and mode == 'linear_probe' and split == @split")
        .set_index("task")["gain"]
    )
    assert gains["rising"] == pytest.approx(1 - np.exp(-0.06), abs=0.01)


def test_fine_tuning_has_no_tokens_axis(tables):
    rows = tables["saturation"][(tables["saturation"]["mode"] == "fine_tuned") & (tables["saturation"]["axis"] == "D")]
    assert set(rows["verdict"]) == {"not testable here"}


def test_elasticity_finds_what_arrives(tables):
    found = verdicts(tables["elasticity"], mode="linear_probe", split="scaffold", corpus="zinc")
    assert found["rising"] == "arrives" and found["falling"] == "less than a tenth arrives"
    assert found["flat"] != "arrives"
    assert set(verdicts(tables["elasticity"], corpus="pubchem").values()) == {"not testable here"}


def test_predictors_are_ranked(tables):
    links = (
        tables["correlations"].query("mode == 'linear_probe' and split == 'random'").set_index(["task", "predictor"])
    )
    assert links.loc[("rising", "loss"), "spearman"] < -0.8 and links.loc[("falling", "loss"), "spearman"] > 0.8
    assert links.loc[("rising", "loss"), "ceiling"] > 0.9
    assert links.loc[("(all)", "logme"), "spearman"] > 0.7
    assert (
        links.loc[("(all)", "trace"), "verdict"] == "not testable here"
        and links.loc[("(all)", "trace"), "n_trunks"] == 10
    )  # 12, two broken
    assert "linear_probe" not in links.index.get_level_values("predictor")


def test_regret_is_small_for_a_good_predictor(tables):
    regret = (
        tables["regret"]
        .query("mode == 'linear_probe' and split == 'random'")
        .set_index(["predictor", "task"])["regret"]
    )
    assert regret["loss", "rising"] < 0.02 < 0.1 < regret["random", "rising"]
    assert regret["largest_model", "falling"] > 0.2 > 0.02 > regret["logme", "falling"]


def test_regret_of_one_split_is_told_on_halves_of_its_scaffolds(tables):
    rows = tables["regret"].query("mode == 'linear_probe' and split == 'scaffold'").set_index(["predictor", "task"])
    assert set(rows["repeats"]) == {"halves of the test scaffolds"}
    assert rows.loc[("loss", "rising"), "regret"] < 0.05 < 0.1 < rows.loc[("random", "rising"), "regret"]
    assert set(tables["regret"].query("split == 'random' or mode == 'fine_tuned'")["repeats"]) == {"seeds"}
    told = tables["regret"]
    assert (told["hindsight"] >= -1e-12).all()
    assert told.loc[told["predictor"] == "random", "against_random"].abs().max() < 1e-12
    own = tables["correlations"].query("predictor == 'loss' and features == 'mean'")
    assert (own["within_size"].notna() & own["within_budget"].notna()).all()
    assert "recommended" in set(tables["decision"].query("mode == 'linear_probe' and split == 'scaffold'")["verdict"])


def test_claims_name_source_test_and_verdict(study):
    claims = read_json(study.root / "tables" / "claims.json")["claims"]
    found = {claim["id"]: claim for claim in claims}
    assert len(found) == len(claims)
    assert [found[f"loss_falls.{axis}"]["verdict"] for axis in "NDU"] == ["supported"] * 3
    envelope = found["loss_falls.C"]  # few trunks are on it
    assert envelope["verdict"] == "not testable here" and "degrees of freedom" in envelope["reason"]
    places = [claim["id"].split(".")[-2] for claim in claims if claim["id"].startswith(("headline", "loss_predicts"))]
    assert set(places) == {"linear_probe", "fine_tuned"} and places[0] == "fine_tuned", "fine-tuned models come first"
    untested = [claim["reason"] for claim in claims if claim["verdict"] == "not testable here"]
    assert all(reason.startswith("needs: ") for reason in untested)
    assert (
        found["limited_improvement.linear_probe.scaffold"]["verdict"] == "not testable here"
    )  # three tasks are too few
    needed = {
        "id",
        "claim",
        "source",
        "test",
        "n",
        "effect",
        "threshold",
        "lower",
        "upper",
        "p",
        "verdict",
        "reason",
        "tables",
    }
    assert all(needed <= set(claim) for claim in claims)
    assert {claim["source"] for claim in claims} == {"abstract", "review", "ours"}


def test_thresholds_start_where_the_gain_ends(tables):
    rows = tables["thresholds"].query("mode == 'linear_probe' and split == 'random' and axis == 'N'").set_index("task")
    assert rows.loc["rising", "verdict"] == "improving" and rows.loc["falling", "verdict"] == "degraded"
    assert rows.loc["falling", "start"] == "60k" and "broken" not in rows.index


def test_contrasts_are_named_and_oriented(tables):
    rows = tables["contrasts"].query("split == 'random'")
    assert set(rows["mode"]) == {"linear_probe", "fine_tuned"}
    rows = rows[rows["mode"] == "linear_probe"].set_index(["task", "other"])
    assert rows.loc[("rising", "smallest"), "verdict"] == "lower error"
    assert rows.loc[("falling", "smallest"), "verdict"] == "higher error"
    assert set(rows["n_blocks"]) == {3} and set(tables["contrasts"]["method"]) == {"largest"}


def test_ablation_leaves_out_no_part_that_makes_a_test_impossible(tables):
    rows = tables["ablation"].query("mode == '(all)' and statistic == 'N'")  # three tasks are too few
    assert rows[["left_out", "verdict", "change"]].to_numpy().tolist() == [["nothing", "not testable here", "none"]]


def test_decision_has_a_row_for_every_predictor_with_what_measures_it(tables):
    rows = tables["decision"].query("mode == 'linear_probe' and split == 'random'").set_index("predictor")
    ranked = tables["regret"].query("mode == 'linear_probe' and split == 'random' and task == '(all)'")["predictor"]
    assert set(rows.index) == {*ranked, "(best on the other tasks)"} and rows["regret"].is_monotonic_increasing
    assert rows.loc["logme", "stage"] == "linear_probe" and rows.loc["random", "verdict"] == "costs nothing"
    assert rows.loc["logme", "difference"] < 0 and rows.loc["logme", "spearman"] > 0.7


def test_windows_and_equal_loss_are_recomputed(tables):
    rows = tables["reconciliation"].query("mode == 'linear_probe' and split == 'random' and question == 'window'")
    whole = rows[rows["paper"].str.startswith("whole")].set_index("task")["estimate"]
    assert whole["rising"] > 0.8 and whole["falling"] < -0.8
    narrow = rows[rows["paper"].str.startswith("CLIMB")].set_index("task")
    assert narrow.loc["rising", "estimate"] > 0.8 and set(rows["n_trunks"]) <= {11, 12}


def test_a_second_run_writes_the_same_bytes(study, tmp_path):
    run_all(study.root, study, tmp_path)
    for path in (study.root / "tables").iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name


def test_one_trunk_fits_nothing_and_decides_nothing(tmp_path):
    """A study of one cell, as studies/cell.yaml: every table is made, none claims what takes several trunks."""
    trunks = [Trunk("zinc", "200k", "32k", 0, tuple(BUDGETS)), Trunk("untrained", "200k", "none", 0, ("0",))]
    run_all(tmp_path, Study(tmp_path, SLOPES, trunks).write(), tmp_path / "tables")
    found = {name: read_table(tmp_path / "tables" / f"{name}.csv") for name in NAMES}
    assert set(found["fits"]["status"]) == {"too_few", "not_identified"}
    assert all(
        set(found[name]["verdict"]) == {"not testable here"} for name in ("saturation", "elasticity", "thresholds")
    )
    assert {claim["verdict"] for claim in read_json(tmp_path / "tables" / "claims.json")["claims"]} <= {
        "not testable here",
        "undecided",
        "shown, not judged",
    }


def test_names_stay_names(tmp_path):
    lines = ["corpus,subset,budget,seed,split,loss", "untrained,none,0,0,,", "zinc,2k,200k,1,random,1.5", ""]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    table = read_table(tmp_path / "t.csv")
    assert table["budget"].tolist() == ["0", "200k"] and table["subset"].tolist() == ["none", "2k"]
    assert table["split"].isna().tolist() == [True, False] and table["seed"].tolist() == [0, 1]
