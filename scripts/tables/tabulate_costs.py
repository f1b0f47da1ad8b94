"""Tabulate the cost of each job: time, memory, device, library versions."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from clm.provenance.command import run
from clm.provenance.files import read_json
from clm.study.paths import baseline, checkpoint, curvature, fine_tuned, linear_probe
from clm.tables.cells import baselines_of, checkpoint_of, checkpoints_of, fine_tuned_of, probes_of, read_cells
from clm.tables.columns import BASELINE, FINE_TUNED, LINEAR_PROBE, UNTRAINED
from clm.tables.frames import write_table

COLUMNS = ("stage", "job", "wall_seconds", "cpu_seconds", "peak_memory_mb", "tokens", "tokens_per_second", "device")
COLUMNS += ("threads", "versions")


def tabulate_costs(results: Path, cells: list[Path], settings: dict[str, Any], out: Path) -> None:
    """Write costs.csv, one row per job of pretraining, transfer and curvature.

    Args:
        results: folder of the study.
        cells: files of the lists `trunks`, `fine_tuned`, `curvature`, and those of shuffled tokens (see
            clm.tables.cells).
        settings: `tasks`, `baselines`.
        out: the table; `versions` is `name=version` joined by blanks.
    """
    rows = [
        row_of(stage, path.relative_to(results), read_json(path))
        for stage, path in cost_files(results, settings | read_cells(cells))
    ]
    write_table(out, rows, COLUMNS)


def cost_files(results: Path, settings: dict[str, Any]) -> Iterator[tuple[str, Path]]:
    """Yield stage and cost file of each job, including those of the control with shuffled tokens."""
    control = {"trunks": settings["shuffled_trunks"], "fine_tuned": settings["shuffled_fine_tuned"]}
    yield from model_files(results, settings)
    yield from model_files(results, control | {"tasks": settings["tasks"]})
    yield from (
        ("curvature", curvature(results, checkpoint_of(key)).with_name("cost.json")) for key in settings["curvature"]
    )
    yield from ((BASELINE, baseline(results, cell).with_suffix(".cost.json")) for cell in baselines_of(settings))


def model_files(results: Path, settings: dict[str, Any]) -> Iterator[tuple[str, Path]]:
    """Yield stage and cost file of each job that pretrains, probes or fine-tunes a model."""
    for cell in checkpoints_of(settings):
        stage = "initialization" if cell.trunk.corpus == UNTRAINED else "pretraining"
        yield stage, checkpoint(results, cell) / "cost.json"
    yield from ((LINEAR_PROBE, linear_probe(results, cell).with_suffix(".cost.json")) for cell in probes_of(settings))
    yield from (
        (FINE_TUNED, fine_tuned(results, cell, task).with_suffix(".cost.json"))
        for cell, task in fine_tuned_of(settings)
    )


def row_of(stage: str, path: Path, cost: dict[str, Any]) -> dict[str, Any]:
    """Return the row of a job, named by its path without `cost.json`."""
    job = str(path.parent) if path.name == "cost.json" else str(path).removesuffix(".cost.json")
    versions = " ".join(f"{name}={version}" for name, version in sorted((cost.get("versions") or {}).items()))
    return {name: cost.get(name) for name in COLUMNS} | {"stage": stage, "job": job, "versions": versions}


if __name__ == "__main__":
    run(tabulate_costs)
