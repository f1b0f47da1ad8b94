"""Errors relative to the fingerprint forest: on the same split, by hand."""

import pandas as pd
import pytest
from clm.figures import relative_errors
from clm.figures.tables import read_table
from matplotlib.collections import PathCollection
from relate_errors import relate_errors

KEYS = ["corpus", "size", "subset", "seed", "budget"]
CELL = dict(zip(KEYS, ["zinc", "60k", "2k", 0, "1m"], strict=True))


def score(error, split_seed=0, task="esol", **names):
    row = {"task": task, "label": "y", "split": "random", "split_seed": split_seed, "metric": "rmse", "status": "ok"}
    kind = {"mode": "linear_probe", "features": "mean", "baseline": None} | CELL
    if "baseline" in names:
        kind = {"mode": "baseline", "features": "counts"} | dict.fromkeys(KEYS)
    return row | kind | {"error": error, "lower": error, "upper": error} | names


def related(folder, rows):
    pd.DataFrame(rows).to_csv(folder / "transfer.csv", index=False)
    cell = CELL | {"parameters": 60, "molecules": 2000, "tokens": 1e6, "status": "ok"}
    pd.DataFrame([cell]).to_csv(folder / "runs.csv", index=False)
    out = folder / "relative_errors.csv"
    relate_errors(folder / "runs.csv", folder / "transfer.csv", {"corpus": "zinc"}, out)
    return read_table(out, relative_errors.TEXT, (*relative_errors.NUMBERS, "n_splits"))


def test_each_seed_is_compared_with_the_forest_on_the_same_split(tmp_path):
    rows = [score(1.0, 0), score(8.0, 1), score(2.0, 0, baseline="ecfp_forest"), score(4.0, 1, baseline="ecfp_forest")]
    rows.append(score(3.0, 1, baseline="token_counts"))
    found = related(tmp_path, rows).set_index("model")
    assert set(found.index) == {"60k", "token_counts"}
    assert found.loc["60k", ["ratio", "smallest", "largest", "n_splits"]].tolist() == pytest.approx([1, 0.5, 2, 2])
    assert found.loc["token_counts", ["ratio", "n_splits"]].tolist() == pytest.approx([0.75, 1])
    axis = relative_errors.draw(found.reset_index(), "random").axes[0]
    assert [text.get_text() for text in axis.get_yticklabels()] == ["60k", "token counts"]
    points = [group for group in axis.collections if isinstance(group, PathCollection)]
    assert sorted(float(x) for group in points for x, _ in group.get_offsets()) == pytest.approx([0.75, 1])


def test_without_a_forest_there_is_nothing_to_compare_with(tmp_path):
    alone = [score(1.0), score(2.0, task="bace", baseline="ecfp_forest"), score(1.0, task="bace")]
    assert related(tmp_path, alone)["task"].tolist() == ["bace"]
    assert related(tmp_path, [score(1.0)]).empty
    texts = relative_errors.draw(related(tmp_path, [score(1.0)]), "random").axes[0].texts
    assert [text.get_text() for text in texts] == ["no random forest on fingerprints"]
