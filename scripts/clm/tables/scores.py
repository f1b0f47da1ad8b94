"""The scores of one task for readers who do not know the grid: one row per size and per baseline."""

import pandas as pd

from clm.tables.columns import BASELINE, COUNT_FEATURES, FINE_TUNED, KEYS, LINEAR_PROBE, PRETRAINED, PRIMARY, UNTRAINED
from clm.tables.panels import primary_labels

COLUMNS = ("split", "model", "kind", "metric", "parameters", "error", "lower", "upper", "status")


def best_cells(runs: pd.DataFrame, corpus: str) -> pd.DataFrame:
    """Return, per size, the checkpoint with most molecules, then most tokens, then lowest seed; also the untrained one.

    Args:
        runs: runs.csv; checkpoints that diverged are excluded.
        corpus: the one whose checkpoints are shown.
    """
    good = runs[(runs["status"] == "ok") & runs["corpus"].isin([corpus, UNTRAINED])].copy()
    good[PRETRAINED] = good["corpus"] != UNTRAINED
    order = good.sort_values(["parameters", "molecules", "tokens", "seed"], ascending=[True, True, True, False])
    return order.groupby([PRETRAINED, "size"], sort=False).tail(1)


def task_scores(transfer: pd.DataFrame, runs: pd.DataFrame, corpus: str, task: str) -> pd.DataFrame:
    """Return one row per split and model: error and interval, averaged over seeds of split and fine-tuning.

    Args:
        transfer: transfer.csv.
        runs: runs.csv.
        corpus: the one whose checkpoints are shown.
        task: name of the task.

    Returns:
        Columns COLUMNS. model: size, or name of the baseline; kind: linear_probe, fine_tuned, untrained or baseline.
    """
    rows = primary_labels(transfer[transfer["task"] == task])
    rows = rows[rows["features"].isna() | rows["features"].isin([PRIMARY, COUNT_FEATURES])]
    cells = best_cells(runs, corpus)[[*KEYS, "parameters"]]
    models = rows[rows["mode"] != BASELINE].merge(cells, on=list(KEYS))
    models = models.assign(model=models["size"], kind=models["mode"])
    models.loc[(models["corpus"] == UNTRAINED) & (models["mode"] == LINEAR_PROBE), "kind"] = UNTRAINED
    models.loc[(models["corpus"] == UNTRAINED) & (models["mode"] == FINE_TUNED), "kind"] = f"{FINE_TUNED}, {UNTRAINED}"
    baselines = rows[rows["mode"] == BASELINE]
    baselines = baselines.assign(model=baselines["baseline"], kind=BASELINE, parameters=None)
    rows = pd.concat([models, baselines], ignore_index=True)
    how = {
        "metric": "first",
        "parameters": "first",
        "error": "mean",
        "lower": "mean",
        "upper": "mean",
        "status": "first",
    }
    table = rows.groupby(["split", "model", "kind"], sort=False, as_index=False).agg(how)
    return table[list(COLUMNS)]
