"""The script that plans a study: every claim has a size or a need, from what a made-up finished study varies by."""

import numpy as np
import pandas as pd
import pytest
from clm.provenance.command import UserError
from clm.statistics.gains import AXES
from clm.tables.columns import KEYS
from plan_study import plan_study
from synthetic_study import cell, grid_cells

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
    return {sd: plan_study(finished(folder / str(sd), sd), [overlay], replicates=60) for sd in (0.005, 0.05)}


def part(lines, mode):
    """The lines of one mode and split."""
    start = next(i for i, line in enumerate(lines) if line.startswith(mode))
    return lines[start : next((i for i in range(start, len(lines)) if not lines[i]), len(lines))]


def size(lines, claim):
    """The smallest effect of a claim, in percent."""
    told = next(line for line in lines if line.strip().startswith(claim))
    return float(told[len(claim) + 2 :].split("%")[0])


def test_every_claim_has_a_size_or_what_it_needs(plans):
    for lines in plans.values():
        told = part(lines, "linear_probe, random split: ")
        end = next(i for i, line in enumerate(told) if "with one more" in line)
        for axis, name in ((axis.name, name) for axis in AXES for name in ("task improves", "task saturated")):
            assert sum(line.startswith(f"  {name} ({axis}) ") for line in told[:end]) == 1
        units = ("% ", "needs ", "elasticity", "rank correlation")
        assert end > 15 and all(any(unit in line for unit in units) for line in told[1:end])
        assert [line.split("  ")[1] for line in told[end + 2 :]] == [*ONE_MORE]
        assert "has no such scores" in part(lines, "fine_tuned, ")[1], "nothing was fine-tuned in the finished study"


def test_trunks_that_differ_more_hide_larger_gains_except_along_the_tokens_within_them(plans):
    quiet, loud = (part(plans[sd], "linear_probe, random") for sd in (0.005, 0.05))
    for claim in ("headline (N)", "headline (U)", "sensitive"):
        assert size(loud, claim) > 4 * size(quiet, claim) > 0
    assert size(loud, "headline (D)") == pytest.approx(size(quiet, "headline (D)"), abs=0.011)  # two digits are told


def test_an_unfinished_study_is_named_with_what_is_missing(tmp_path):
    with pytest.raises(UserError, match="has no runs.csv and transfer.csv; name the folder of a finished study"):
        plan_study(tmp_path, [])
