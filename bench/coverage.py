"""Coverage of conformal 90 % intervals and sets, over random and scaffold splits of the tasks of a finished study.

python bench/coverage.py results/default --checkpoint zinc/800k/64k/seed0/1300k --tasks esol freesolv --out coverage.csv
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from clm.predict.baselines import fit_forest
from clm.predict.conformal import intervals, sets
from clm.predict.fitted import fit_label
from clm.provenance.command import run
from clm.provenance.files import read_json, write_csv
from clm.tasks.baselines import features_of
from clm.tasks.linear_head import fit_head
from clm.tasks.splits import random_split, scaffold_balanced_split
from clm.tasks.table import Task, load_task
from clm.transfer.encoder import SmilesEncoder


def covered(task: Task, x: np.ndarray, kind: str, parts: np.ndarray, forest: bool) -> np.ndarray:
    """Return whether the interval or set of each labelled test molecule holds its label, bool (n,)."""
    y = task.labels[:, 0]
    train, test = (np.flatnonzero((parts == part) & np.isfinite(y)) for part in ("train", "test"))
    fit, smiles = fit_forest if forest else fit_head, [task.smiles[row] for row in train]
    model = fit_label(fit, x[train], y[train], task.groups[train], smiles, kind)
    prediction = model.predictor.predict(x[test])
    if kind == "classification":
        return sets(prediction, model.y, model.unseen)[np.arange(len(test)), y[test].astype(int)]
    bounds = intervals(prediction, model.y, model.unseen)
    return (bounds[:, 0] <= y[test]) & (y[test] <= bounds[:, 1])


def coverage(results: Path, checkpoint: str, tasks: list[str], draws: int) -> pd.DataFrame:
    """Return coverage (mean, and least and largest of a draw) of each task, kind of split and method."""
    rows = []
    encoder = None if checkpoint == "ecfp_forest" else SmilesEncoder(results / "pretrain" / checkpoint).fit([])
    for name in tasks:
        summary = read_json(results / "tasks" / name / "summary.json")
        task = load_task(results / "tasks" / name / "molecules.csv", list(summary["labels"]))
        x = features_of("ecfp_forest", task.smiles) if encoder is None else encoder.features(task.smiles)
        for split in ("random", "scaffold_balanced"):
            held = []
            for seed in range(draws):
                drawn = random_split(task.smiles, seed) if split == "random" else scaffold_balanced_split(
                    task.scaffolds, task.smiles, seed)  # fmt: skip
                held.append(covered(task, x, summary["kind"], drawn, encoder is None).mean())
            told = {"task": name, "kind": summary["kind"], "method": checkpoint, "split": split, "draws": draws}
            rows.append(told | {"coverage": np.mean(held), "least": np.min(held), "largest": np.max(held)})
            print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def main() -> None:
    """Command line."""
    command = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    command.add_argument("results", type=Path)
    command.add_argument("--checkpoint", required=True, help="corpus/size/subset/seed/budget, or ecfp_forest")
    command.add_argument("--tasks", nargs="+", required=True)
    command.add_argument("--draws", type=int, default=20)
    command.add_argument("--out", type=Path, required=True)
    a = command.parse_args()
    write_csv(a.out, coverage(a.results, a.checkpoint, a.tasks, a.draws))


if __name__ == "__main__":
    run(main)
