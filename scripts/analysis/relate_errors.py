"""Divide the error of every method on each task by that of the random forest on fingerprints."""

from pathlib import Path

import numpy as np
import pandas as pd
from clm.provenance.command import run
from clm.provenance.files import write_csv
from clm.tables.frames import read_table
from clm.tables.scores import task_scores

REFERENCE = "ecfp_forest"
COLUMNS = ("task", "split", "model", "kind", "metric", "parameters", "ratio", "smallest", "largest", "n_splits")


def relate_errors(runs: Path, transfer: Path, settings: dict[str, str], out: Path) -> None:
    """Write relative_errors.csv.

    Args:
        runs: runs.csv.
        transfer: transfer.csv.
        settings: `corpus` whose checkpoints are shown: for each size the one with most molecules and tokens.
        out: one row per task, split and method: ratio of its error to that of the forest on the same split, as the
            geometric mean over the seeds of the split, with the minimum and maximum. No rows without a forest.
    """
    models = read_table(runs)
    groups = read_table(transfer).groupby(["task", "split", "split_seed"], sort=False)
    tables = [
        relative(task_scores(rows, models, settings["corpus"], task)).assign(task=task) for (task, _, _), rows in groups
    ]
    found = pd.concat(tables) if tables else relative(pd.DataFrame(columns=[*COLUMNS, "error"]))
    write_csv(out, over_splits(found).reindex(columns=list(COLUMNS)))


def relative(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the positive errors of one split with their `ratio` to the forest's; no rows without a forest."""
    scores = scores[scores["error"].astype(float) > 0]
    forest = scores.loc[scores["model"] == REFERENCE, "error"]
    others = scores[scores["model"] != REFERENCE]
    return others.assign(ratio=others["error"] / forest.iloc[0]) if len(forest) else others.head(0).assign(ratio=None)


def over_splits(ratios: pd.DataFrame) -> pd.DataFrame:
    """Return one row per task, split and method from the ratios on each seed of the split."""
    logs = ratios.assign(ratio=np.log(ratios["ratio"].astype(float)))
    how = {"metric": ("metric", "first"), "parameters": ("parameters", "first"), "n_splits": ("ratio", "size")}
    how |= {"ratio": ("ratio", "mean"), "smallest": ("ratio", "min"), "largest": ("ratio", "max")}
    table = logs.groupby(["task", "split", "model", "kind"], sort=False).agg(**how).reset_index()
    return table.assign(**{name: np.exp(table[name].astype(float)) for name in ("ratio", "smallest", "largest")})


if __name__ == "__main__":
    run(relate_errors)
