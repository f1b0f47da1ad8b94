"""Judge whether a task gains from scale: slopes per doubling, verdicts, adjacent steps."""

from pathlib import Path
from typing import Any

import pandas as pd
from clm.provenance.command import run
from clm.statistics.gains import AXES, gain_row, judge
from clm.statistics.net_gain import untrained_twins
from clm.statistics.sensitivity import read_sensitivity
from clm.statistics.steps import add_review, adjust_steps, review_row, step_rows
from clm.tables.frames import read_table, write_table
from clm.tables.panels import panels, study_runs

GAIN = ("axis", "mode", "split", "features", "task", "metric", "gain", "lower", "upper", "p", "p_holm", "p_equivalence")
GAIN += ("p_one_sided", "df", "raw_gain", "raw_lower", "raw_upper", "family", "family_size", "n_cells", "n_trunks")
GAIN += ("verdict", "reason")
GAIN += ("review_change", "review_p", "review_verdict", "agrees", "review_best", "review_best_p", "review_best_verdict")
STEP = ("axis", "mode", "split", "features", "task", "from", "to", "gain", "p", "p_bh")


def judge_gains(
    runs: Path, transfer: Path, draws: Path, sensitivity: Path, settings: dict[str, Any], out: Path, steps: Path
) -> None:
    """Write saturation.csv and steps.csv.

    Args:
        runs: runs.csv.
        transfer: transfer.csv.
        draws: draws.parquet.
        sensitivity: sensitivity.csv.
        settings: `corpus` (the one whose checkpoints are judged), `gain_margin`, `min_trunks`.
        out: one row per axis, mode, split, read-out and task.
        steps: one row per adjacent pair along an axis; exploratory.
    """
    seen = read_sensitivity(read_table(sensitivity))
    margin, checkpoints = settings["gain_margin"], read_table(runs)
    used = study_runs(checkpoints, [settings["corpus"]])
    lost = int((checkpoints["corpus"] == settings["corpus"]).sum()) - len(used)
    scores, sampled = read_table(transfer), pd.read_parquet(draws)
    twins, rows, pairs = untrained_twins(scores, sampled), [], []
    for panel in panels(scores, used, sampled):
        for axis in AXES:
            row = gain_row(panel, axis, settings["min_trunks"], twins.get(tuple(panel.names.values())))
            if axis.name != "C":  # compute mixes the others: no two neighbours differ in it alone
                row |= review_row(panel, axis)
                pairs += step_rows(panel, axis)
            rows.append(row | {"exclusions": row["exclusions"] + lost})
    write_table(out, add_review(judge(rows, margin, seen), margin), GAIN)
    write_table(steps, adjust_steps(pairs), STEP)


if __name__ == "__main__":
    run(judge_gains)
