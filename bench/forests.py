"""Error and time of random forests on fingerprints by the share of features that a split may choose from.

    snakemake --until split_task
    python bench/forests.py results/default --tasks esol freesolv lipo --shares 1 0.1

The first prepares tasks and their splits. Regression only: in classification the study keeps scikit-learn's choice, the
square root of their number.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from scipy.sparse import csc_matrix
from sklearn.ensemble import RandomForestRegressor

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from clm.provenance.files import read_json
from clm.study.paths import task_molecules
from clm.tasks.baselines import TREES
from clm.tasks.fingerprints import ecfp_counts
from clm.tasks.table import load_split, load_task


def measure(results: Path, name: str, share: float, seeds: list[int]) -> tuple[float, dict[str, list[float]]]:
    """Return processor seconds of all fits of a task, and the RMSE of each seed and split by kind of split."""
    labels = list(read_json(results / "tasks" / name / "summary.json")["labels"])
    task = load_task(task_molecules(results, name), labels)
    counts, y = ecfp_counts(task.smiles), task.labels[:, 0]
    errors: dict[str, list[float]] = {}
    began = time.process_time()
    for path in sorted(task_molecules(results, name).with_name("splits").glob("*.csv")):
        parts = load_split(path, task.rows)
        train, test = (parts[part][np.isfinite(y[parts[part]])] for part in ("train", "test"))
        for seed in seeds:
            forest = RandomForestRegressor(TREES, max_features=share, random_state=seed, n_jobs=1)
            found = forest.fit(csc_matrix(counts[train]), y[train]).predict(csc_matrix(counts[test]).tocsr())
            errors.setdefault(path.stem.split("-")[0], []).append(float(np.sqrt(np.mean((found - y[test]) ** 2))))
    return time.process_time() - began, errors


def main() -> None:
    """Print a row of a Markdown table per task and share."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--tasks", nargs="+", required=True)
    parser.add_argument("--shares", nargs="+", type=float, required=True)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    told = parser.parse_args()
    print("| task | share | seconds | scaffold | random |\n| --- | --- | --- | --- | --- |")
    for name in told.tasks:
        for share in told.shares:
            seconds, errors = measure(told.results, name, share, told.seeds)
            means = [f"{np.mean(errors[split]):.3f}" for split in ("scaffold", "random")]
            print(f"| {name} | {share:.2g} | {seconds:.1f} | {' | '.join(means)} |", flush=True)


if __name__ == "__main__":
    main()
