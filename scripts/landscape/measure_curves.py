"""Measure the pretraining loss along random directions around checkpoints of all sizes, and the landscape width."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from clm.curvature.batches import disjoint_batches, to_device
from clm.curvature.hessian import masked_lm_objective
from clm.landscape.curves import loss_curves, positions, width
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

POINT = (*KEYS, "a", "loss", "lower", "upper")
WIDTH = (*KEYS, "status", "loss", "landscape_width")


def measure_curves(results: Path, cells: list[Path], settings: dict[str, Any], curves: Path, widths: Path) -> None:
    """Write the median loss along random directions and the width of that curve, for each checkpoint.

    Args:
        results: folder of the study.
        cells: file of the list `curves` (see clm.tables.cells).
        settings: `mask_fraction`, `molecules` (the first of the validation molecules of the model's own corpus),
            `directions`, `reach`, `rise`, `seed`.
        curves: CSV of POINT; lower and upper are quartiles over directions.
        widths: CSV of WIDTH; a diverged checkpoint has a status and no numbers.
    """
    points, rows = [], []
    places = positions(settings["reach"])
    for cell in map(checkpoint_of, read_cells(cells)["curves"]):
        status = read_json(checkpoint(results, cell) / "metrics.json")["status"]
        row = identity(cell) | {"status": status}
        if status == "ok":
            low, median, high = np.percentile(curves_of(results, cell, settings), [25, 50, 75], axis=0).tolist()
            row |= {"loss": median[len(median) // 2], "landscape_width": width(places, median, settings["rise"])}
            for values in zip(places, median, low, high, strict=True):
                points.append(identity(cell) | dict(zip(("a", "loss", "lower", "upper"), values, strict=True)))
        rows.append(row)
    write_table(curves, points, POINT)
    write_table(widths, rows, WIDTH)


@torch.no_grad()
def curves_of(results: Path, cell: Checkpoint, settings: dict[str, Any]) -> np.ndarray:
    """Return the losses around one checkpoint, float64 (directions, positions)."""
    model = load_model(checkpoint(results, cell)).to(device())
    shard = read_shard(results / "corpora" / cell.trunk.corpus / "tokens" / "valid.safetensors")
    batch = to_device(disjoint_batches(shard, settings["mask_fraction"], 1, settings["molecules"]), device())[0]
    objective = masked_lm_objective(model)
    chosen = (settings["directions"], settings["reach"], settings["seed"])
    return loss_curves(list(model.parameters()), lambda: objective(batch).item(), *chosen)


if __name__ == "__main__":
    run(measure_curves, handles_sigterm=True)
