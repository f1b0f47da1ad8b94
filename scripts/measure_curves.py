"""Measure the pretraining loss along random directions around checkpoints of all sizes, and the width of the well."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from clm.curvature.batches import disjoint_batches, on
from clm.curvature.hessian import masked_objective
from clm.landscape.curves import loss_curves, positions, width
from clm.models.build import load_model
from clm.models.device import device
from clm.provenance.command import parser, run
from clm.provenance.files import read_json
from clm.provenance.state import watch_signals
from clm.study.grid import Checkpoint
from clm.study.paths import checkpoint
from clm.tables.cells import checkpoint_of, identity
from clm.tables.columns import KEYS
from clm.tables.frames import write_table
from clm.tokens.shards import read_shard

POINT = (*KEYS, "a", "loss", "lower", "upper")
WIDTH = (*KEYS, "status", "loss", "landscape_width")


def measure_curves(results: Path, config: dict[str, Any], curves: Path, widths: Path) -> None:
    """Write the median loss along random directions and the width of that curve, for each checkpoint.

    Args:
        results: folder of the study.
        config: `cells` ([corpus, size, subset, seed, budget]), `mask_share`, `molecules` (the first of the validation
            molecules of the model's own corpus), `directions`, `reach`, `rise`, `seed`.
        curves: CSV of POINT; lower and upper are quartiles over directions.
        widths: CSV of WIDTH; a diverged checkpoint has a status and no numbers.
    """
    points, rows = [], []
    places = positions(config["reach"])
    for cell in map(checkpoint_of, config["cells"]):
        status = read_json(checkpoint(results, cell) / "metrics.json")["status"]
        row = identity(cell) | {"status": status}
        if status == "ok":
            low, median, high = np.percentile(curves_of(results, cell, config), [25, 50, 75], axis=0).tolist()
            row |= {"loss": median[len(median) // 2], "landscape_width": width(places, median, config["rise"])}
            for values in zip(places, median, low, high, strict=True):
                points.append(identity(cell) | dict(zip(("a", "loss", "lower", "upper"), values, strict=True)))
        rows.append(row)
    write_table(curves, points, POINT)
    write_table(widths, rows, WIDTH)


@torch.no_grad()
def curves_of(results: Path, cell: Checkpoint, config: dict[str, Any]) -> np.ndarray:
    """Return the losses around one checkpoint, float64 (directions, positions)."""
    model = load_model(checkpoint(results, cell)).to(device())
    shard = read_shard(results / "corpora" / cell.trunk.corpus / "tokens" / "valid.safetensors")
    batch = on(disjoint_batches(shard, config["mask_share"], 1, config["molecules"]), device())[0]
    objective = masked_objective(model)
    settings = (config["directions"], config["reach"], config["seed"])
    return loss_curves(list(model.parameters()), lambda: objective(batch).item(), *settings)


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    for name in ("results", "curves", "widths"):
        command.add_argument(f"--{name}", type=Path, required=True)
    a = command.parse_args(argv)
    watch_signals()
    measure_curves(a.results, a.config, a.curves, a.widths)


if __name__ == "__main__":
    run(main)
