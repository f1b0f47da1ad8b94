"""Compare requirements, rank correlation and regret of predictors: which one should be computed for a new task?"""

from pathlib import Path
from typing import Any

from clm.provenance.command import run
from clm.statistics.decision import decision_rows
from clm.tables.frames import read_table, write_table

COLUMNS = ("mode", "split", "predictor", "needs", "stage", "spearman", "spearman_lower", "spearman_upper", "n_trunks")
COLUMNS += ("hindsight", "hindsight_lower", "hindsight_upper", "against_random", "against_random_lower")
COLUMNS += ("against_random_upper", "regret", "regret_lower", "regret_upper", "n_tasks", "n_cells", "rival")
COLUMNS += ("difference", "difference_lower", "difference_upper", "verdict", "reason")


def choose_predictor(correlations: Path, regret: Path, settings: dict[str, Any], out: Path) -> None:
    """Write decision.csv.

    Args:
        correlations: correlations.csv.
        regret: regret.csv.
        settings: `bootstrap`, `seed`, `aggregate` (tasks that count).
        out: one row per mode, split and predictor; `n_cells` is the number of candidate checkpoints, `stage` the
            stage in costs.csv whose job measures the predictor.
    """
    tables = (read_table(path) for path in (correlations, regret))
    write_table(out, decision_rows(*tables, settings["aggregate"], settings["bootstrap"], settings["seed"]), COLUMNS)


if __name__ == "__main__":
    run(choose_predictor)
