"""Errors on activity cliffs: planted ones are found in the right rows of the right table."""

import numpy as np
import pandas as pd
import pytest
from clm.provenance.command import UserError
from clm.provenance.files import write_json
from clm.study.paths import PROBED
from clm.tasks.predictions import write_predictions
from score_cliffs import score_cliffs


def study(folder, **task):
    """Write a study of one probe whose errors are 1, but 3 on the cliff molecules 2 and 5 of its own table."""
    table = pd.DataFrame({"SMILES": ["C"] * 8, "y": range(8), "cliff": [0, 0, 1, 0, 0, 1, 0, 1]})
    table.to_csv(folder / "own.csv", index=False)
    config = {"tasks": {"own": {"file": str(folder / "own.csv"), **task}, "other": {}}, "transfer": {"tasks": ["own"]}}
    write_json(folder / "provenance.json", {"config": config, "jobs": {}, "outputs": {}})
    record = {
        "budget": "1k",
        "split": "random",
        "split_seed": 0,
        "finetune_seed": None,
        "features": "mean",
        "label": "y",
    }
    rows = np.arange(1, 7)
    error = np.where(np.isin(rows, [2, 5]), 3.0, 1.0)
    write_predictions(folder / PROBED / "zinc/s/2k/seed0/own.parquet",
                      [record | {"row": rows, "y": rows * 1.0, "prediction": rows + error}])  # fmt: skip
    return folder


def test_cliff_molecules_of_the_test_part_are_scored_apart(tmp_path):
    score_cliffs(study(tmp_path, cliffs="cliff"), tmp_path / "cliffs.csv")
    (row,) = pd.read_csv(tmp_path / "cliffs.csv").to_dict("records")
    assert (row["task"], row["n_test"], row["n_cliff"]) == ("own", 6, 2)
    assert row["rmse_cliff"] == pytest.approx(3) and row["rmse"] == pytest.approx(np.sqrt((4 + 2 * 9) / 6))


def test_a_study_without_cliffs_or_unfinished_is_one_line(tmp_path):
    with pytest.raises(UserError, match="no task has a column of activity cliffs"):
        score_cliffs(study(tmp_path), tmp_path / "cliffs.csv")
    (tmp_path / "provenance.json").unlink()
    with pytest.raises(UserError, match="written when a run of snakemake ends: run it"):
        score_cliffs(tmp_path, tmp_path / "cliffs.csv")
