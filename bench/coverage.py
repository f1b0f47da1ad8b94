"""Coverage of conformal 90 % intervals and sets, over random and scaffold splits of the tasks of a finished study.

python bench/coverage.py results/default --checkpoint zinc/800k/64k/seed0/1300k --tasks esol freesolv --out coverage.csv
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts/tasks"))

from clm.predict.baselines import fit_forest
from clm.predict.conformal import intervals, sets
from clm.predict.fitted import fit_label
from clm.predict.methods import FOREST
from clm.provenance.command import run
from clm.provenance.files import read_json, write_csv
from clm.tasks.baselines import features_of
from clm.tasks.linear_head import fit_head
from clm.tasks.table import Task, load_task
from clm.transfer.encoder import SmilesEncoder
from split_task import parts_of


def covered(task: Task, x: np.ndarray, kind: str, parts: np.ndarray, forest: bool) -> np.ndarray:
    """Return whether the interval or set of each labelled test molecule holds its label, bool (n,)."""
    y = task.labels[:, 0]
    train, test = (np.flatnonzero((parts == part) & np.isfinite(y)) for part in ("train", "test"))
    fit, same = fit_forest if forest else fit_head, [task.same[row] for row in train]
    model = fit_label(fit, x[train], y[train], task.groups[train], same, kind)
    prediction = model.predictor.predict(x[test])
    if kind == "classification":
        return sets(prediction, model.y, model.unseen)[np.arange(len(test)), y[test].astype(int)]
    bounds = intervals(prediction, model.y, model.unseen)
    return (bounds[:, 0] <= y[test]) & (y[test] <= bounds[:, 1])


def measure_coverage(results: Path, /, checkpoint: str, tasks: list[str], out: Path, draws: int = 20) -> None:
    """Write the coverage of each task and kind of split: its mean, and the least and the largest of a draw.

    Args:
        results: folder of a finished study.
        checkpoint: corpus/size/subset/seed/budget, or ecfp_forest.
        tasks: of the study, with one label.
        out: CSV file.
        draws: number of splits of each kind.
    """
    rows = []
    encoder = None if checkpoint == FOREST else SmilesEncoder(results / "pretrain" / checkpoint).fit([])
    for name in tasks:
        summary = read_json(results / "tasks" / name / "summary.json")
        task = load_task(results / "tasks" / name / "molecules.csv", list(summary["labels"]))
        x = features_of(FOREST, task.smiles) if encoder is None else encoder.features(task.smiles)
        for split in ("random", "scaffold_balanced"):
            held = []
            for seed in range(draws):
                parts = parts_of(task, split, seed)
                held.append(covered(task, x, summary["kind"], parts, encoder is None).mean())
            told = {"task": name, "kind": summary["kind"], "method": checkpoint, "split": split, "draws": draws}
            rows.append(told | {"coverage": np.mean(held), "least": np.min(held), "largest": np.max(held)})
            print(rows[-1], flush=True)
    write_csv(out, pd.DataFrame(rows))


if __name__ == "__main__":
    run(measure_coverage)
