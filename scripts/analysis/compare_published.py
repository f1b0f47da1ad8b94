"""Compare published scores with those of this study where both use exactly the same split."""

from pathlib import Path

import pandas as pd
from clm.provenance.command import run
from clm.provenance.files import write_csv
from clm.tables.columns import SCAFFOLD
from clm.tables.frames import read_table
from clm.tables.scores import task_scores

COLUMNS = ["task", "metric", "origin", "model", "kind", "score", "lower", "upper", "split", "protocol", "source"]


def compare_published(published: Path, transfer: Path, runs: Path, settings: dict[str, str], out: Path) -> None:
    """Write published.csv.

    Args:
        published: reference/published_scores.csv: model, task, metric, score, spread, split, protocol, source.
        transfer: transfer.csv.
        runs: runs.csv.
        settings: `corpus` whose checkpoints are shown.
        out: one row per task and model, published and ours; score is RMSE in the units of the label, or AUC.
    """
    others = pd.read_csv(published)
    scores = read_table(transfer)
    shared = [task for task in scores["task"].unique() if task in set(others["task"])]
    tables = [ours(task, task_scores(scores, read_table(runs), settings["corpus"], task)) for task in shared]
    rows = [frame for task, frame in zip(shared, tables, strict=True) if len(frame)]
    found = [pd.concat([theirs(others, frame["task"].iloc[0], frame), frame]) for frame in rows]
    write_csv(out, pd.concat(found)[COLUMNS] if found else pd.DataFrame(columns=COLUMNS))


def theirs(others: pd.DataFrame, task: str, own: pd.DataFrame) -> pd.DataFrame:
    """Return the published rows of a task on our split and in our metric, with their spread around the score."""
    rows = others[others["task"] == task].merge(own[["split", "metric"]].drop_duplicates(), on=["split", "metric"])
    half = rows["spread"]
    return rows.assign(origin="published", kind="published", lower=rows["score"] - half, upper=rows["score"] + half)


def ours(task: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of this study on DeepChem's split; 1 - error is the score of a classification."""
    rows = table[(table["split"] == SCAFFOLD) & table["error"].notna()].copy()
    area = rows["metric"] == "auc"
    low, high = rows["lower"].where(~area, 1 - rows["upper"]), rows["upper"].where(~area, 1 - rows["lower"])
    rows["score"] = rows["error"].where(~area, 1 - rows["error"])
    protocol = "test part; 95 % interval over test scaffolds"
    return rows.assign(task=task, origin="this study", lower=low, upper=high, protocol=protocol, source="this study")


if __name__ == "__main__":
    run(compare_published)
