"""Measure the curvature of the pretraining loss at one checkpoint: trace, eigenvalues, gradient, sharpness."""

import logging
from pathlib import Path
from typing import Any

import torch
from clm.curvature.batches import disjoint_batches, masked_tokens, on
from clm.curvature.hessian import Curvature, masked_objective
from clm.curvature.lanczos import extreme_eigenvalues
from clm.curvature.sharpness import adaptive_sharpness
from clm.curvature.trace import Estimate, traces
from clm.models.build import load_model
from clm.models.device import device
from clm.provenance.command import UserError, run
from clm.provenance.cost import metered
from clm.provenance.files import read_json, write_json
from clm.tokens.shards import read_shard
from clm.training.masked_loss import Batch

log = logging.getLogger(__name__)


def measure_curvature(checkpoint: Path, valid: Path, settings: dict[str, Any], out: Path, cost: Path) -> None:
    """Write metrics.json of one checkpoint; a diverged one has a status and no numbers.

    Args:
        checkpoint: Hugging Face folder.
        valid: validation shard of the model's own corpus.
        settings: `mask_fraction`, `batches`, `molecules_per_batch`, `probes_per_batch`, `eigenvalues`, `tolerance`,
            `max_products`, `rhos`, `draws`, `seed`.
        out: metrics.json.
        cost: JSON of what the job cost.

    Raises:
        UserError: the shard is too small for that many batches.
    """
    with metered(cost):
        if read_json(checkpoint / "metrics.json")["status"] != "ok":
            write_json(out, {"status": "diverged"})
            return
        model = load_model(checkpoint, attention="eager").to(device())
        shard = read_shard(valid)
        found = disjoint_batches(shard, settings["mask_fraction"], settings["batches"], settings["molecules_per_batch"])
        batches = on(found, device())
        if len(batches) < settings["batches"]:
            raise UserError(
                f"{valid}: {len(shard)} molecules give {len(batches)} batches with masked tokens, "
                f"{settings['batches']} are wanted; lower curvature.batches "
                "or curvature.molecules_per_batch, or raise validation_molecules"
            )
        write_json(
            out, {"status": "ok"} | second_order(model, batches, settings) | first_order(model, batches, settings)
        )


def second_order(model: torch.nn.Module, batches: list[Batch], settings: dict[str, Any]) -> dict[str, Any]:
    """Return loss, gradient norm, traces and eigenvalues."""
    curvature = Curvature(model, masked_objective(model), batches, masked_tokens(batches))
    estimates = traces(curvature, settings["probes_per_batch"], settings["seed"])
    log.info("trace %.4g +- %.2g", estimates["trace"].mean, estimates["trace"].standard_error or 0)
    generator = torch.Generator().manual_seed(settings["seed"])
    start = torch.randn(curvature.size, generator=generator).to(curvature.parameters[0])
    spectrum = extreme_eigenvalues(
        curvature.product, start, settings["eigenvalues"], settings["tolerance"], settings["max_products"]
    )
    log.info("eigenvalues %s after %d products, residual %.1e", spectrum.largest, spectrum.steps, spectrum.residual)
    counts = {"probes": settings["probes_per_batch"] * len(batches), "batches": len(batches)}
    return {
        "loss": curvature.loss,
        "parameters": curvature.size,
        "gradient_norm": float(curvature.gradient().norm()),
        "trace": told(estimates["trace"]) | counts,
        "trace_per_parameter": estimates["trace"].mean / curvature.size,
        "encoder": {
            "trace": told(estimates["encoder"]),
            "scale_aware_trace": told(estimates["encoder_scale_aware"]),
        },
        "scale_aware_trace": told(estimates["scale_aware"]),
        "eigenvalues": spectrum.largest,
        "most_negative": spectrum.smallest,
        "eigenvalue_residual": spectrum.residual,
        "products": spectrum.steps,
    }


def first_order(model: torch.nn.Module, batches: list[Batch], settings: dict[str, Any]) -> dict[str, Any]:
    """Return adaptive sharpness at each rho."""
    objective, weights = masked_objective(model), masked_tokens(batches)

    def loss() -> float:
        return sum(w * objective(b).item() for w, b in zip(weights, batches, strict=True)) / sum(weights)

    found = adaptive_sharpness(list(model.parameters()), loss, settings["rhos"], settings["draws"], settings["seed"])
    return {"sharpness": [{"rho": rho} | told(one) for rho, one in zip(settings["rhos"], found, strict=True)]}


def told(estimate: Estimate) -> dict[str, float | None]:
    """Return an estimate as JSON."""
    return {"mean": estimate.mean, "standard_error": estimate.standard_error}


if __name__ == "__main__":
    run(measure_curvature, handles_sigterm=True)
