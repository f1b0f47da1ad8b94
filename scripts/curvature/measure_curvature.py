"""Measure the curvature of the pretraining loss at one checkpoint: trace, eigenvalues, gradient, sharpness."""

import logging
from pathlib import Path
from typing import Any

import torch
from clm.curvature.batches import disjoint_batches, masked_tokens, to_device
from clm.curvature.hessian import Curvature, masked_lm_objective
from clm.curvature.lanczos import Spectrum, extreme_eigenvalues
from clm.curvature.reference import reference_eigenvalues, reference_trace
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
        settings: `mask_fraction`, `method`, `batches`, `molecules_per_batch`, `probes_per_batch`, `eigenvalues`,
            `tolerance`, `max_products`, `rhos`, `draws`, `seed`.
        out: metrics.json.
        cost: JSON of the cost of the job.

    Raises:
        UserError: the shard is too small for that many batches.
    """
    with metered(cost):
        if read_json(checkpoint / "metrics.json")["status"] != "ok":
            write_json(out, {"status": "diverged"})
            return
        model = load_model(checkpoint, attention="eager").to(device())
        shard, wanted = read_shard(valid), settings["batches"]
        drawn = disjoint_batches(shard, settings["mask_fraction"], wanted, settings["molecules_per_batch"])
        batches = to_device(drawn, device())
        if len(batches) < wanted:
            raise UserError(
                f"{valid}: {len(shard)} molecules give {len(batches)} batches with masked tokens, {wanted} are wanted; "
                "lower curvature.batches or curvature.molecules_per_batch, or raise validation_molecules"
            )
        measured = second_order(model, batches, settings) | first_order(model, batches, settings)
        write_json(out, {"status": "ok"} | measured)


def second_order(model: torch.nn.Module, batches: list[Batch], settings: dict[str, Any]) -> dict[str, Any]:
    """Return loss, gradient norm, traces and eigenvalues; PyHessian gives neither scale-aware nor partial traces."""
    curvature = Curvature(model, masked_lm_objective(model), batches, masked_tokens(batches))
    if settings["method"] == "pyhessian":
        estimates = {"trace": reference_trace(curvature, settings["probes_per_batch"], settings["seed"])}
    else:
        estimates = traces(curvature, settings["probes_per_batch"], settings["seed"])
    log.info("trace %.4g +- %.2g", estimates["trace"].mean, estimates["trace"].standard_error or 0)
    spectrum = eigenvalues(curvature, settings)
    log.info("eigenvalues %s, residual %.1e", spectrum.largest, spectrum.residual)
    counts = {"probes": settings["probes_per_batch"] * len(batches), "batches": len(batches)}
    return {
        "loss": curvature.loss,
        "parameters": curvature.size,
        "gradient_norm": float(curvature.gradient().norm()),
        "trace": as_json(estimates["trace"]) | counts,
        "trace_per_parameter": estimates["trace"].mean / curvature.size,
        "encoder": {
            "trace": as_json(estimates.get("encoder")),
            "scale_aware_trace": as_json(estimates.get("encoder_scale_aware")),
        },
        "scale_aware_trace": as_json(estimates.get("scale_aware")),
        "eigenvalues": spectrum.largest,
        "most_negative": spectrum.smallest,
        "eigenvalue_residual": spectrum.residual,
        "products": spectrum.steps or None,
    }


def eigenvalues(curvature: Curvature, settings: dict[str, Any]) -> Spectrum:
    """Return the largest eigenvalues and the smallest one by the method of the configuration."""
    count, tolerance, products = (settings[name] for name in ("eigenvalues", "tolerance", "max_products"))
    if settings["method"] == "pyhessian":
        return reference_eigenvalues(curvature, count, tolerance, products, settings["seed"])
    generator = torch.Generator().manual_seed(settings["seed"])
    start = torch.randn(curvature.size, generator=generator).to(curvature.parameters[0])
    return extreme_eigenvalues(curvature.product, start, count, tolerance, products)


def first_order(model: torch.nn.Module, batches: list[Batch], settings: dict[str, Any]) -> dict[str, Any]:
    """Return adaptive sharpness at each rho."""
    objective, weights = masked_lm_objective(model), masked_tokens(batches)

    def loss() -> float:
        return sum(w * objective(b).item() for w, b in zip(weights, batches, strict=True)) / sum(weights)

    estimates = adaptive_sharpness(
        list(model.parameters()), loss, settings["rhos"], settings["draws"], settings["seed"]
    )
    return {"sharpness": [{"rho": rho} | as_json(one) for rho, one in zip(settings["rhos"], estimates, strict=True)]}


def as_json(estimate: Estimate | None) -> dict[str, float | None] | None:
    """Return an estimate as JSON."""
    return estimate and {"mean": estimate.mean, "standard_error": estimate.standard_error}


if __name__ == "__main__":
    run(measure_curvature, handles_sigterm=True)
