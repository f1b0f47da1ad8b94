"""Log errors of made-up studies whose truth is known, for tests of verdicts; CLM_REPLICATES sets how many are tried."""

import os

import numpy as np
import pandas as pd
from counts import told

REPLICATES = int(os.environ.get("CLM_REPLICATES", "300"))
SHARES: dict[str, list[float]] = {}  # of replicates that were decided or covered, by test


def allowed(share: float, replicates: int = REPLICATES) -> float:
    """Three standard errors of a share over the replicates."""
    return 3 * float(np.sqrt(share * (1 - share) / replicates))


def noted(share: float) -> float:
    """Return a share, and write it under the name of the test to the file that CLM_COUNTS names, if it does."""
    name = os.environ["PYTEST_CURRENT_TEST"].rsplit("/", 1)[-1].split(" ")[0]
    SHARES.setdefault(name, []).append(round(float(share), 4))
    told("shares", replicates=REPLICATES, **{name: SHARES[name]})
    return share


def correlated(random, count, trunks, sd, rho):
    """Effects of trunks on tasks, float64 (tasks, trunks), correlated `rho` across the tasks of a trunk."""
    own = random.normal(size=(count, trunks))
    return sd * (np.sqrt(rho) * random.normal(size=(1, trunks)) + np.sqrt(1 - rho) * own)


def task_errors(random, cells, column, slope, between, tasks=12, trunk=0.02, drift=0.006, cell=0.01, rho=0.2):
    """Log errors, float64 (tasks, n), with random slopes per doubling of a column and correlated effects of trunks.

    Trunks differ in level (SD `trunk`) and in their own slope on tokens (SD `drift`).
    """
    number = cells["trunk"].to_numpy()
    tokens, x = (np.log2(cells[name].to_numpy(dtype=float)) for name in ("tokens", column))
    level = correlated(random, tasks, number.max() + 1, trunk, rho)[:, number]
    drifts = correlated(random, tasks, number.max() + 1, drift, rho)[:, number] * (tokens - tokens.mean())
    slopes = slope + between * random.normal(size=(tasks, 1))
    return level + drifts + cell * random.normal(size=(tasks, len(cells))) + slopes * (x - x.mean())


def transfer_rows(cells, errors, metric="rmse", **keys):
    """Rows of transfer.csv of one task: errors, float64 (seeds, n), as measured on as many split seeds."""
    base = cells[["corpus", "size", "subset", "seed", "budget"]]
    named = {"mode": "linear_probe", "task": "t", "split": "random", "features": "mean", "label": "y"} | keys
    rows = [
        base.assign(**named, metric=metric, error=row, status="ok", split_seed=i, n_test=100, n_train=800)
        for i, row in enumerate(errors)
    ]
    return pd.concat(rows, ignore_index=True)


def untrained_cells(sizes, initializations=3):
    """Cells of untrained encoders."""
    rows = [
        {"corpus": "untrained", "size": size, "subset": "none", "seed": seed, "budget": "0"}
        for size in sizes
        for seed in range(initializations)
    ]
    return pd.DataFrame(rows)
