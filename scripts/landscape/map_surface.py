"""Map the pretraining loss around one checkpoint on a filter-normalized plane."""

from pathlib import Path
from typing import Any

import numpy as np
from clm.curvature.batches import disjoint_batches, to_device
from clm.curvature.hessian import masked_lm_objective
from clm.landscape.directions import filter_normalized
from clm.landscape.surface import loss_surface
from clm.models.build import load_model
from clm.models.device import device
from clm.provenance.command import UserError, run
from clm.provenance.files import atomic, read_json
from clm.tokens.shards import read_shard


def map_surface(checkpoint: Path, valid: Path, settings: dict[str, Any], out: Path) -> None:
    """Write a, b, loss: the loss at w + a x + b y on one fixed batch of validation molecules.

    Args:
        checkpoint: Hugging Face folder.
        valid: validation shard of the model's own corpus.
        settings: `mask_fraction`, `molecules`, `points` (odd, per axis), `reach`, `seed`.
        out: CSV.

    Raises:
        UserError: the checkpoint diverged, so there is no surface.
    """
    if read_json(checkpoint / "metrics.json")["status"] != "ok":
        raise UserError(f"{checkpoint}: this run diverged; choose another cell under landscape.surfaces")
    model = load_model(checkpoint).to(device())
    found = disjoint_batches(read_shard(valid), settings["mask_fraction"], 1, settings["molecules"])
    batch = to_device(found, device())[0]
    objective, parameters = masked_lm_objective(model), list(model.parameters())
    directions = (filter_normalized(parameters, settings["seed"]), filter_normalized(parameters, settings["seed"] + 1))
    coordinates = np.linspace(-settings["reach"], settings["reach"], settings["points"]).tolist()
    values = loss_surface(parameters, directions, lambda: objective(batch).item(), coordinates)
    rows = [
        f"{a!r},{b!r},{float(values[i, j])!r}" for i, a in enumerate(coordinates) for j, b in enumerate(coordinates)
    ]
    with atomic(out) as temporary:
        temporary.write_text("\n".join(["a,b,loss", *rows]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run(map_surface, handles_sigterm=True)
