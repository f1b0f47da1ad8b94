"""Measure the spectral density of the Hessian of the pretraining loss at checkpoints of all sizes."""

from pathlib import Path
from typing import Any

from clm.curvature.batches import disjoint_batches, masked_tokens, to_device
from clm.curvature.density import STATISTICS, Quadrature, describe, random_quadratures
from clm.curvature.hessian import Curvature, masked_lm_objective
from clm.models.build import load_model
from clm.models.device import device
from clm.provenance.command import run
from clm.provenance.files import read_json
from clm.study.grid import Checkpoint
from clm.study.paths import checkpoint
from clm.tables.cells import checkpoint_of, identity, read_cells
from clm.tables.columns import KEYS
from clm.tables.frames import write_table
from clm.tokens.shards import read_shard

NODE = (*KEYS, "start", "eigenvalue", "weight")
SUMMARY = (*KEYS, "status", *STATISTICS)


def measure_spectrum(results: Path, cells: list[Path], settings: dict[str, Any], nodes: Path, summary: Path) -> None:
    """Write the quadrature of each start and statistics of the spectrum, for each checkpoint.

    Args:
        results: folder of the study.
        cells: file of the list `spectrum` (see clm.tables.cells).
        settings: `mask_fraction`, `molecules` (the first of the validation molecules of the model's own corpus),
            `steps`, `starts`, `seed`.
        nodes: CSV of NODE.
        summary: CSV of SUMMARY; a diverged checkpoint has a status and no numbers.
    """
    rows, points = [], []
    for cell in map(checkpoint_of, read_cells(cells)["spectrum"]):
        status = read_json(checkpoint(results, cell) / "metrics.json")["status"]
        row = identity(cell) | {"status": status}
        if status == "ok":
            found = quadratures_of(results, cell, settings)
            row |= describe(found)
            for start, (values, weights) in enumerate(found):
                told = identity(cell) | {"start": start}
                pairs = zip(values.tolist(), weights.tolist(), strict=True)
                points += [told | {"eigenvalue": value, "weight": weight} for value, weight in pairs]
        rows.append(row)
    write_table(nodes, points, NODE)
    write_table(summary, rows, SUMMARY)


def quadratures_of(results: Path, cell: Checkpoint, settings: dict[str, Any]) -> list[Quadrature]:
    """Return the quadratures of the Hessian at one checkpoint, encoder and masked-LM head."""
    model = load_model(checkpoint(results, cell), attention="eager").to(device())
    shard = read_shard(results / "corpora" / cell.trunk.corpus / "tokens" / "valid.safetensors")
    batches = to_device(disjoint_batches(shard, settings["mask_fraction"], 1, settings["molecules"]), device())
    curvature = Curvature(model, masked_lm_objective(model), batches, masked_tokens(batches))
    chosen = (settings["steps"], settings["starts"], settings["seed"])
    return random_quadratures(curvature.product, curvature.parameters[0], curvature.size, *chosen)


if __name__ == "__main__":
    run(measure_spectrum, handles_sigterm=True)
