"""Published scores: each has a source, and none is shown on another split or in another metric."""

from pathlib import Path

import pandas as pd
from compare_published import compare_published, ours

ROOT = Path(__file__).parents[3]
PUBLISHED = pd.read_csv(ROOT / "reference" / "published_scores.csv")
KEYS = ["corpus", "size", "subset", "seed", "budget"]


def test_every_score_has_split_protocol_and_source():
    columns = ["model", "task", "metric", "score", "split", "protocol", "source"]
    assert PUBLISHED[columns].notna().all().all() and not PUBLISHED.duplicated(["model", "task", "source"]).any()
    assert set(PUBLISHED["split"]) == {"scaffold"}
    areas = PUBLISHED[PUBLISHED["metric"] == "auc"]
    assert areas["score"].between(0.5, 1).all() and set(areas["task"]) == {"bace", "bbbp"}
    assert PUBLISHED.loc[PUBLISHED["metric"] == "rmse", "protocol"].str.contains("not transformed").all()


def study(tmp_path, split, metric):
    row = {"task": "bace", "mode": "baseline", "baseline": "ecfp_forest", "label": "y", "features": "counts"}
    row |= {"split": split, "metric": metric, "error": 0.2, "lower": 0.1, "upper": 0.4, "status": "ok"}
    pd.DataFrame([row | dict.fromkeys(KEYS)]).to_csv(tmp_path / "transfer.csv", index=False)
    cell = ["zinc", "60k", "2k", 0, "1m", 60, 2000, 1e6, "ok"]
    columns = [*KEYS, "parameters", "molecules", "tokens", "status"]
    pd.DataFrame([cell], columns=columns).to_csv(tmp_path / "runs.csv", index=False)
    tables = (tmp_path / "transfer.csv", tmp_path / "runs.csv")
    compare_published(ROOT / "reference" / "published_scores.csv", *tables, {"corpus": "zinc"}, tmp_path / "out.csv")
    return pd.read_csv(tmp_path / "out.csv")


def test_scores_stand_side_by_side_where_the_split_agrees(tmp_path):
    found = study(tmp_path, "scaffold", "auc")
    assert set(found["task"]) == {"bace"} and set(found["origin"]) == {"published", "this study"}
    own = found[found["origin"] == "this study"].iloc[0]
    assert (own["score"], own["lower"], own["upper"]) == (0.8, 0.6, 0.9)


def test_another_split_or_metric_shows_nothing_published(tmp_path):
    assert study(tmp_path, "random", "auc").empty
    assert "published" not in set(study(tmp_path, "scaffold", "rmse")["origin"])


def test_errors_stay_errors_in_regression():
    base = {"split": "scaffold", "metric": "rmse", "error": 1.3, "lower": 1.0, "upper": 1.6}
    assert ours("esol", pd.DataFrame([base]))[["score", "lower", "upper"]].values.tolist() == [[1.3, 1.0, 1.6]]
