"""Measure the spectral density of the Hessian of the pretraining loss at checkpoints of all sizes."""

from pathlib import Path
from typing import Any

from clm.curvature.batches import disjoint_batches, masked_tokens, on
from clm.curvature.density import Quadrature, describe, random_quadratures
from clm.curvature.hessian import Curvature, masked_objective
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

NODE = (*KEYS, "start", "eigenvalue", "weight")
SUMMARY = (*KEYS, "status", "largest", "smallest", "mean", "mean_error", "bulk_share", "negative_share")


def measure_spectrum(results: Path, config: dict[str, Any], nodes: Path, summary: Path) -> None:
    """Write the quadrature of each start and what it says of the spectrum, for each checkpoint.

    Args:
        results: folder of the study.
        config: `cells` ([corpus, size, subset, seed, budget]), `mask_share`, `molecules` (the first of the validation
            molecules of the model's own corpus), `steps`, `starts`, `seed`.
        nodes: CSV of NODE.
        summary: CSV of SUMMARY; a diverged checkpoint has a status and no numbers.
    """
    rows, points = [], []
    for cell in map(checkpoint_of, config["cells"]):
        status = read_json(checkpoint(results, cell) / "metrics.json")["status"]
        row = identity(cell) | {"status": status}
        if status == "ok":
            found = quadratures_of(results, cell, config)
            row |= describe(found)
            for start, (values, weights) in enumerate(found):
                told = identity(cell) | {"start": start}
                pairs = zip(values.tolist(), weights.tolist(), strict=True)
                points += [told | {"eigenvalue": value, "weight": weight} for value, weight in pairs]
        rows.append(row)
    write_table(nodes, points, NODE)
    write_table(summary, rows, SUMMARY)


def quadratures_of(results: Path, cell: Checkpoint, config: dict[str, Any]) -> list[Quadrature]:
    """Return the quadratures of the Hessian at one checkpoint, encoder and masked-LM head."""
    model = load_model(checkpoint(results, cell), attention="eager").to(device())
    shard = read_shard(results / "corpora" / cell.trunk.corpus / "tokens" / "valid.safetensors")
    batches = on(disjoint_batches(shard, config["mask_share"], 1, config["molecules"]), device())
    curvature = Curvature(model, masked_objective(model), batches, masked_tokens(batches))
    settings = (config["steps"], config["starts"], config["seed"])
    return random_quadratures(curvature.product, curvature.parameters[0], curvature.size, *settings)


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    for name in ("results", "nodes", "summary"):
        command.add_argument(f"--{name}", type=Path, required=True)
    a = command.parse_args(argv)
    watch_signals()
    measure_spectrum(a.results, a.config, a.nodes, a.summary)


if __name__ == "__main__":
    run(main)
