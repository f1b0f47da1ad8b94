"""Recompute what published studies saw inside their own windows: loss and error, read-out layers, equal loss."""

from pathlib import Path
from typing import Any

import pandas as pd
from clm.provenance.command import run
from clm.statistics.isoloss import isoloss_row, layer_rows, pooled_rows
from clm.statistics.panels import PRIMARY, Panel, panels, study_runs
from clm.statistics.windows import window_rows
from clm.tables.frames import read_table, write_table

COLUMNS = ("question", "paper", "mode", "split", "task", "contrast", "estimate", "lower", "upper", "p", "expected")
COLUMNS += ("expected_lower", "expected_upper", "ceiling", "loss_ratio", "n_cells", "n_trunks", "published", "verdict")


def reconcile_literature(runs: Path, transfer: Path, draws: Path, settings: dict[str, Any], out: Path) -> None:
    """Write reconciliation.csv.

    Args:
        runs: runs.csv.
        transfer: transfer.csv.
        draws: draws.parquet.
        settings: `corpus`, `gain_margin`, `bootstrap`, `seed`, `min_trunks`, `aggregate` (tasks that count).
        out: `question` window: Spearman correlation of loss and error in the window of each paper, with what range
            restriction leaves of that over the whole range; layers: gain per doubling of tokens read from the last and
            a middle layer; isoloss: gain per doubling of parameters at equal loss.
    """
    cells = study_runs(read_table(runs), [settings["corpus"]])
    families: dict[tuple[str, str], dict[str, dict[str, Panel]]] = {}
    for panel in panels(read_table(transfer), cells, pd.read_parquet(draws)):
        if panel.names["features"] == PRIMARY or panel.names["features"].startswith("layer"):
            tasks = families.setdefault((panel.names["mode"], panel.names["split"]), {})
            tasks.setdefault(panel.names["task"], {})[panel.names["features"]] = panel
    rows = []
    for (mode, split), tasks in families.items():
        rows += [{"mode": mode, "split": split} | row for row in family_rows(tasks, settings)]
    write_table(out, rows, COLUMNS)


def family_rows(tasks: dict[str, dict[str, Panel]], settings: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all rows of one mode and split; tasks: {task: {read-out: panel}}."""
    aggregate, least = settings["aggregate"], settings["min_trunks"]
    drawn = (settings["bootstrap"], settings["seed"])
    members = [found[PRIMARY] for found in tasks.values() if PRIMARY in found]
    slopes = [row for found in tasks.values() for row in layer_rows(found, least)]
    slopes += [row for panel in members if (row := isoloss_row(panel, settings["gain_margin"], least)) is not None]
    return window_rows(members, aggregate, *drawn, least) + slopes + pooled_rows(slopes, aggregate, *drawn)


if __name__ == "__main__":
    run(reconcile_literature)
