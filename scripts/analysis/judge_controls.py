"""Judge control tasks: gain against the known truth, and whether labels or representations limit the error."""

from pathlib import Path
from typing import Any

from clm.provenance.command import run
from clm.provenance.files import read_json
from clm.statistics.controls import control_rows
from clm.tables.frames import read_table, write_table

COLUMNS = ("task", "property", "molecules", "noise", "noise_sd", "mode", "split", "axis", "error", "noise_fraction")
COLUMNS += ("noise_fraction_lower", "noise_fraction_upper", "limit", "gain", "lower", "upper", "verdict")
COLUMNS += ("truth_gain", "truth_lower", "truth_upper")


def judge_controls(transfer: Path, saturation: Path, summaries: list[Path], out: Path) -> None:
    """Write controls.csv.

    Args:
        transfer: transfer.csv.
        saturation: saturation.csv.
        summaries: summary.json of each control task.
        out: one row per control task, mode, split and axis; primary read-out.
    """
    controls: dict[str, dict[str, Any]] = {}
    for path in summaries:
        told = read_json(path)
        controls[told["task"]] = {key: told["control"][key] for key in ("property", "molecules", "noise", "noise_sd")}
    rows = control_rows(read_table(transfer), read_table(saturation), controls) if controls else []
    write_table(out, rows, COLUMNS)


if __name__ == "__main__":
    run(judge_controls)
