"""Tabulate curvature: one row per measured checkpoint."""

from pathlib import Path
from typing import Any

from clm.provenance.command import run
from clm.provenance.files import read_json
from clm.study.paths import curvature
from clm.tables.cells import checkpoint_of, identity, read_cells
from clm.tables.columns import KEYS
from clm.tables.frames import write_table

EIGENVALUES = 5
SCALARS = ("status", "loss", "parameters", "gradient_norm", "trace_per_parameter", "most_negative")


def tabulate_curvature(results: Path, cells: list[Path], out: Path) -> None:
    """Write curvature.csv.

    Args:
        results: folder of the study.
        cells: file of the list `curvature`, the measured checkpoints (see clm.tables.cells).
        out: the table.
    """
    measured = [checkpoint_of(key) for key in read_cells(cells)["curvature"]]
    rows = [identity(cell) | flatten(read_json(curvature(results, cell))) for cell in measured]
    radii = max((len(row["sharpness"]) for row in rows), default=0)
    columns = [*KEYS, "status", "loss", "parameters", "gradient_norm", "trace", "trace_error", "trace_probes"]
    columns += ["trace_per_parameter", *(f"eigenvalue_{i + 1}" for i in range(EIGENVALUES)), "most_negative"]
    columns += ["encoder_trace", "scale_aware_trace", "scale_aware_trace_error"]
    columns += ["encoder_scale_aware_trace", "encoder_scale_aware_trace_error"]
    columns += [f"sharpness_{i + 1}{part}" for i in range(radii) for part in ("", "_rho", "_error")]
    write_table(out, [row | sharpness_columns(row["sharpness"]) for row in rows], columns)


def flatten(metrics: dict[str, Any]) -> dict[str, Any]:
    """Return the numbers of one measurement as columns; values that were not measured are missing."""
    trace = metrics.get("trace") or {}
    scaled, encoder = metrics.get("scale_aware_trace") or {}, metrics.get("encoder") or {}
    scaled_encoder = encoder.get("scale_aware_trace") or {}
    eigenvalues = metrics.get("eigenvalues") or []
    return (
        {name: metrics.get(name) for name in SCALARS}
        | {"trace": trace.get("mean"), "trace_error": trace.get("standard_error"), "trace_probes": trace.get("probes")}
        | {f"eigenvalue_{i + 1}": value for i, value in enumerate(eigenvalues[:EIGENVALUES])}
        | {"encoder_trace": (encoder.get("trace") or {}).get("mean")}
        | {"scale_aware_trace": scaled.get("mean"), "scale_aware_trace_error": scaled.get("standard_error")}
        | {"encoder_scale_aware_trace": scaled_encoder.get("mean")}
        | {"encoder_scale_aware_trace_error": scaled_encoder.get("standard_error")}
        | {"sharpness": metrics.get("sharpness") or []}
    )


def sharpness_columns(radii: list[dict[str, float]]) -> dict[str, float]:
    """Return mean, radius and standard error of the sharpness at each radius, numbered from 1."""
    found = {}
    for number, radius in enumerate(radii, start=1):
        found[f"sharpness_{number}"] = radius.get("mean")
        found[f"sharpness_{number}_rho"] = radius.get("rho")
        found[f"sharpness_{number}_error"] = radius.get("standard_error")
    return found


if __name__ == "__main__":
    run(tabulate_curvature)
