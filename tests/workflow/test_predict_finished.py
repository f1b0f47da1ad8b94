"""On a finished study, a method that is fitted again on the training part predicts what the study predicted."""

import numpy as np
import pandas as pd
import pytest
from clm.predict.fitted import fit_model
from clm.predict.methods import candidates, load_study_task
from clm.study.paths import PROBED

TOLERANCE = 1e-4  # of the SD of the predictions: batches are padded otherwise, which rounds otherwise


def stored(results, method, task, split):
    """Return the predictions that a study stored, by row."""
    *trunk, budget = method.name.split("/")
    path = f"transfer/baselines/{method.name}" if method.checkpoint is None else "/".join([PROBED, *trunk])
    table = pd.read_parquet(results / path / f"{task}.parquet")
    name, seed = split.rsplit("-", 1)
    table = table[
        (table["split"] == name) & (table["split_seed"] == int(seed)) & (table["features"].isin(["mean", "counts"]))
    ]
    if method.checkpoint is None:
        return table[table["finetune_seed"].fillna(0) == 0].set_index("row")["prediction"]
    return table[table["budget"] == budget].set_index("row")["prediction"]


def compare(results, task, split):
    """Compare every method that the study has for a task; return their number."""
    study, compared = load_study_task(results, task, split), 0
    rows = study.parts["test"]
    for method in candidates(results, study):
        found = fit_model(method, study, "train").predict([study.task.smiles[row] for row in rows])
        theirs = stored(results, method, task, split).loc[study.task.rows[rows]].to_numpy()
        difference = np.abs(found[study.task.names[0]].to_numpy() - theirs).max()
        assert difference <= TOLERANCE * theirs.std(), f"{method.name}: {difference}"
        compared += 1
    return compared


@pytest.mark.slow
@pytest.mark.parametrize("task", ["freesolv", "dili"])
@pytest.mark.parametrize("split", ["scaffold-0", "random-0"])
def test_predictions_of_every_method_are_the_studys_own(finished, task, split):
    assert compare(finished / "results" / "tiny", task, split) > 5
