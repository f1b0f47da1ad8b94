"""The script that plans a study: every claim has a size or a need, from what a made-up finished study varies by."""

import numpy as np
import pandas as pd
import pytest
from clm.provenance.command import UserError
from clm.provenance.files import read_json
from clm.statistics.gains import AXES
from clm.statistics.plan_outcome import NOT_PLANNED, plan_outcomes
from clm.tables.columns import ENCODER_MODES, KEYS
from made_up import SLOPES
from plan_study import plan_study
from synthetic_analysis import run_all
from synthetic_study import Study, cell, grid_cells

TASKS = [f"t{i}" for i in range(6)]
ONE_MORE = ("as planned", "trunk", "budget", "task", "split seed", "untrained initialization")
OVERLAY = "{study: planned, splits: {random: [0, 1, 2, 3]}}"


def finished(folder, trunk_sd):
    """Tables of a study of 4 sizes, 3 subsets, 4 budgets whose trunks differ by `trunk_sd` in log error."""
    random, cells = np.random.default_rng(0), grid_cells()
    cells["loss"] = 2 * (cells["tokens"] / 2e5) ** -0.1 * np.exp(0.01 * random.normal(size=len(cells)))
    none = {"corpus": "untrained", "subset": "none", "budget": "0", "loss": 3.0, "tokens": 0, "molecules": 0}
    sizes = cells.drop_duplicates("size")
    twins = pd.concat([sizes.assign(**none, seed=seed, flops=0.0) for seed in range(3)])
    runs = pd.concat([cells, twins], ignore_index=True).assign(status="ok")
    effects = {task: trunk_sd * random.normal(size=cells["trunk"].max() + 1) for task in TASKS}
    rows = []
    for row in runs.to_dict("records"):
        keys = {name: row[name] for name in KEYS} | {"mode": "linear_probe", "baseline": None}
        for task in TASKS:
            level = effects[task][row["trunk"]] if row["corpus"] == "zinc" else 0.0
            for seed in range(3):
                error = 0.5 * np.exp(level + 0.003 * random.normal())
                rows.append(keys | {"task": task} | cell("random", seed, None, "mean", error))
    (folder / "tables").mkdir(parents=True)
    runs.drop(columns="trunk").to_csv(folder / "tables" / "runs.csv", index=False)
    pd.DataFrame(rows).to_csv(folder / "tables" / "transfer.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def plans(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    overlay = folder / "planned.yaml"
    overlay.write_text(OVERLAY)
    return {
        sd: plan_study(finished(folder / str(sd), sd), [overlay], replicates=60, out=folder / f"{sd}.csv")
        for sd in (0.005, 0.05)
    } | {"csv": folder / "0.005.csv"}


def part(lines, mode):
    """The lines of one mode and split."""
    start = next(i for i, line in enumerate(lines) if line.startswith(mode))
    return lines[start : next((i for i in range(start, len(lines)) if not lines[i]), len(lines))]


def size(lines, claim, outcome):
    """The smallest effect of a claim, in percent."""
    told = next(line.split() for line in lines if line.split()[:2] == [claim, outcome])
    return float(told[2].removesuffix("%"))


def test_every_claim_has_a_size_or_what_it_needs(plans):
    for lines in (plans[0.005], plans[0.05]):
        told = part(lines, "linear_probe, random split: ")
        end = next(i for i, line in enumerate(told) if "with one more" in line)
        rows = [line.split() for line in told[1:end]]
        for axis, outcome in ((axis.name, outcome) for axis in AXES for outcome in ("improving", "saturated")):
            assert sum(row[:3] == ["one", f"task.{axis}", outcome] for row in rows) == 1
        units = ("% ", "needs ", "elasticity", "rank correlation", "components: means over t0, t1")
        assert end > 30 and all(any(unit in line for unit in units) for line in told[1:end] if "carried" not in line)
        assert [line.split("  ")[1] for line in told[end + 2 :]] == [*ONE_MORE]
        bare = part(lines, "fine_tuned, ")[1]
        assert "has no fine_tuned scores" in bare and "needs a pilot with fine_tuned scores of 6 trunks" in bare


def test_every_claim_of_a_study_is_planned(plans, tmp_path):
    """A claim is called as in claims.json, without mode and split."""
    run_all(tmp_path, Study(tmp_path, SLOPES).write(), tmp_path / "tables")
    places = (*ENCODER_MODES, "scaffold", "random", "(all)")
    claims = read_json(tmp_path / "tables" / "claims.json")["claims"]
    stems = {".".join(word for word in claim["id"].split(".") if word not in places) for claim in claims}
    told = {line.split()[0] for line in plans[0.005] if line.startswith("  ")}
    assert len(stems) > 10 and stems <= told
    outcomes = plan_outcomes(pd.read_csv(plans["csv"]), claims, ["scaffold", "random"])
    lost = outcomes[outcomes["planned"] == NOT_PLANNED]["id"]
    # the made-up finished study has no fine-tuned scores, so that its plan says nothing of them
    assert len(outcomes) == len(claims) and [name for name in lost if "fine_tuned" not in name] == []


def test_components_are_carried_over_to_tasks_that_the_finished_study_lacks(plans):
    told = part(plans[0.005], "linear_probe, random split: ")
    assert told[1] == "  components: means over t0, t1, t2, t3, t4, t5"
    assert told[2].startswith("  carried over to bbbp, ") and told[2].endswith("test sets varied as much")
    assert plans[0.005][1].startswith("  losses: a plane in logs through 48 checkpoints of ")
    scaffold = part(plans[0.005], "linear_probe, scaffold split: ")
    assert scaffold[1].endswith("on the random split")


def test_tables_of_another_version_are_told_and_the_loss_is_planned_all_the_same(tmp_path):
    folder = finished(tmp_path / "old", 0.01)
    scores = pd.read_csv(folder / "tables" / "transfer.csv")
    (folder / "tables" / "transfer.csv").unlink()
    scores.assign(mode="frozen").to_csv(folder / "tables" / "transfer.csv.gz", index=False)
    lines = plan_study(folder, [], replicates=20)
    assert size(lines, "loss_falls.D", "supported") > 0
    told = part(lines, "linear_probe, random")[1]
    assert "transfer.csv is of another version: modes frozen instead of linear_probe, fine_tuned; needs a pilot" in told


def test_trunks_that_differ_more_hide_larger_gains_except_along_the_tokens_within_them(plans):
    quiet, loud = (part(plans[sd], "linear_probe, random") for sd in (0.005, 0.05))
    for claim, outcome in (("headline.N", "degraded"), ("headline.U", "degraded"), ("sensitive", "sensitive")):
        assert size(loud, claim, outcome) > 4 * size(quiet, claim, outcome) > 0
    along_tokens = [size(lines, "headline.D", "degraded") for lines in (loud, quiet)]
    assert along_tokens[0] == pytest.approx(along_tokens[1], abs=0.011)  # two digits are told


def test_an_unfinished_study_is_named_with_what_is_missing(tmp_path):
    with pytest.raises(UserError, match="has no runs.csv and transfer.csv; name the folder of a finished study"):
        plan_study(tmp_path, [])
