"""Assess whether the study can detect, on control tasks of known truth, that pretraining helps at all."""

from pathlib import Path
from typing import Any

import pandas as pd
from clm.provenance.command import run
from clm.statistics.net_gain import net_panel, untrained_twins
from clm.statistics.sensitivity import COLUMNS, sensitivity_rows
from clm.tables.columns import PRIMARY
from clm.tables.frames import read_table, write_table
from clm.tables.panels import panels, study_runs


def assess_sensitivity(runs: Path, transfer: Path, draws: Path, settings: dict[str, Any], out: Path) -> None:
    """Write sensitivity.csv.

    Args:
        runs: runs.csv.
        transfer: transfer.csv.
        draws: draws.parquet.
        settings: `corpus` (the one whose checkpoints are judged), `controls` (task to property, molecules, noise).
        out: one row per mode and split.
    """
    used = study_runs(read_table(runs), [settings["corpus"]])
    scores, sampled = read_table(transfer), pd.read_parquet(draws)
    twins = untrained_twins(scores, sampled)
    made = [panel for panel in panels(scores, used, sampled) if panel.names["features"] == PRIMARY]
    controls = [panel for panel in made if panel.names["task"] in settings["controls"]]
    nets = {tuple(panel.names.values()): net_panel(panel, twins.get(tuple(panel.names.values()))) for panel in controls}
    places = dict.fromkeys((panel.names["mode"], panel.names["split"]) for panel in made)
    write_table(out, sensitivity_rows(list(places), nets, settings["controls"]), COLUMNS)


if __name__ == "__main__":
    run(assess_sensitivity)
