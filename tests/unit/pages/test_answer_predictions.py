"""The predictions beside a task's page carry the ids of the user's table."""

import numpy as np
import pandas as pd
import pytest
import write_answer
from clm.tasks.cells import prediction_columns
from clm.tasks.predictions import write_predictions
from clm.tasks.table import Task


@pytest.mark.parametrize("ids", [[], ["A-3", "A-1", "A-2"]])
def test_predictions_have_the_ids_of_their_rows(tmp_path, monkeypatch, ids):
    monkeypatch.setattr(write_answer, "best_cells", lambda runs, corpus: pd.DataFrame())
    smiles, test = ["C", "CC", "CCC"], np.array([0, 2])
    task = Task(np.array([4, 6, 7]), smiles, smiles, smiles, np.array([[1.0], [2.0], [3.0]]), ["y"], ids=ids)
    keys = {"budget": None, "split": "scaffold", "split_seed": 0, "finetune_seed": 0, "features": "counts"}
    records = prediction_columns(task, {"test": test}, np.array([[1.5], [2.5]]), **keys)
    path = tmp_path / "transfer/baselines/ecfp_forest/t.parquet"
    path.parent.mkdir(parents=True)
    write_predictions(path, records)
    settings = {"corpus": "zinc", "task": "t", "split": ["scaffold", 0], "baselines": ["ecfp_forest"]}
    found = write_answer.predicted(tmp_path, pd.DataFrame(), task, settings)
    assert found["row"].tolist() == [4, 7] and found["smiles"].tolist() == ["C", "CCC"]
    assert found.get("id", pd.Series(dtype=object)).tolist() == ([ids[0], ids[2]] if ids else [])
    assert found["ecfp_forest"].tolist() == [1.5, 2.5]
