"""Tables on the page of a task name splits, metrics and models in words."""

import pandas as pd
import pytest
from clm.pages.score_tables import curve_name, readable_curves, readable_scores


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("800k untrained none 0", "800k parameters, untrained"),
        ("3m zinc 256k 1580k", "3M parameters, 256k molecules of ZINC, 1.58M tokens"),
        ("ecfp_forest", "fingerprint forest"),
    ],
)
def test_models_of_learning_curves_are_told_in_words(model, told):
    assert curve_name(model) == told
    assert readable_curves(pd.DataFrame({"model": [model], "error": [1.0]}))["model"].tolist() == [told]


def test_scores_are_sorted_by_error_with_splits_and_metrics_in_words():
    rows = [("scaffold_balanced", "3m", "fine_tuned", "auc", 0.2), ("random", "60k", "linear_probe", "rmse", 2.0)]
    rows += [("random", "ecfp_forest", "baseline", "rmse", 1.0)]
    told = readable_scores(pd.DataFrame(rows, columns=["split", "model", "kind", "metric", "error"]))
    assert told.to_numpy().tolist() == [
        ["random", "fingerprint forest", "without pretraining", "RMSE", 1.0],
        ["random", "60k", "linear probe", "RMSE", 2.0],
        ["balanced scaffold", "3M", "fine-tuned", "1 − AUC", 0.2],
    ]
