"""Measure loss barriers between budgets, seeds and end points, and cosines of task vectors."""

from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from clm.curvature.batches import disjoint_batches, to_device
from clm.curvature.hessian import masked_lm_objective
from clm.landscape.parameters import encoder_weights, flatten
from clm.landscape.paths import FRACTIONS, cosines, describe_line, line_losses
from clm.models.build import load_model
from clm.models.device import device
from clm.provenance.command import run
from clm.provenance.files import read_json
from clm.study.grid import Trunk
from clm.study.paths import below, trunk_folder
from clm.tables.cells import read_cells
from clm.tables.columns import NO_BUDGET, NO_SUBSET, UNTRAINED
from clm.tables.frames import write_table
from clm.tokens.shards import read_shard

MAP = ("corpus", "size", "subset", "seed")
LINE = (*MAP, "kind", "task", "from", "to")
VECTOR = (*MAP, "a", "seed_a", "b", "seed_b", "cosine", "relative_length_a", "relative_length_b")
Row = dict[str, Any]


def measure_paths(
    results: Path, cells: list[Path], settings: dict[str, Any], barriers: Path, curves: Path, vectors: Path
) -> None:
    """Write barriers, the losses behind them, and cosines of task vectors, for each mapped trunk.

    Args:
        results: folder of the study.
        cells: file of the list `maps`: corpus, size, subset, seed, `budgets`, `tasks`, `others` (seeds of
            equal trunks).
        settings: `seeds` of the end points, `mask_fraction`, `molecules` of the batch of pretraining loss.
        barriers: CSV of LINE, loss_from, loss_to, barrier.
        curves: CSV of LINE, a, loss.
        vectors: CSV of VECTOR: weight updates from the last checkpoint, encoder only; "pretraining" is the update from
            the initial weights to it. Lengths are in norms of the last checkpoint.
    """
    lines, angles = [], []
    for entry in read_cells(cells)["maps"]:
        names = {name: entry[name] for name in MAP}
        found = [*pretraining_lines(results, entry, settings), *task_lines(results, entry)]
        lines += [(names | line, losses) for line, losses in found]
        angles += [names | row for row in vector_rows(results, entry, settings["seeds"])]
    write_table(
        barriers, [line | describe_line(losses) for line, losses in lines], [*LINE, "loss_from", "loss_to", "barrier"]
    )
    points = [
        line | {"a": a, "loss": value} for line, losses in lines for a, value in zip(FRACTIONS, losses, strict=True)
    ]
    write_table(curves, points, [*LINE, "a", "loss"])
    write_table(vectors, angles, VECTOR)


def trunk(entry: Row, seed: int | None = None) -> Trunk:
    """Return the trunk of an entry, or the same trunk with another seed."""
    return Trunk(entry["corpus"], entry["size"], entry["subset"], entry["seed"] if seed is None else seed)


def pretraining_lines(results: Path, entry: Row, settings: Row) -> Iterator[tuple[Row, list[float]]]:
    """Yield the masked-LM loss, with its own head, between consecutive budgets and between seeds, on one batch."""
    last = entry["budgets"][-1]
    pairs = [("budgets", a, b, trunk(entry), trunk(entry)) for a, b in pairwise(entry["budgets"])]
    pairs += [("seeds", last, last, trunk(entry), trunk(entry, seed)) for seed in entry["others"]]
    shard = read_shard(results / "corpora" / entry["corpus"] / "tokens" / "valid.safetensors")
    batch = to_device(disjoint_batches(shard, settings["mask_fraction"], 1, settings["molecules"]), device())[0]
    for kind, a, b, x, y in pairs:
        model, other = (load_model(trunk_folder(results, t) / name).to(device()) for t, name in ((x, a), (y, b)))
        objective, parameters = masked_lm_objective(model), list(model.parameters())
        ends = ([p.detach().clone() for p in parameters], list(other.parameters()))
        with torch.no_grad():
            losses = line_losses(parameters, ends, lambda: objective(batch).item())  # noqa: B023 (used at once)
        told = (a, b) if kind == "budgets" else (f"seed {x.seed}", f"seed {y.seed}")
        yield {"kind": kind, "task": "", "from": told[0], "to": told[1]}, losses


def ends_folder(results: Path, entry: Row) -> Path:
    """Return the folder of the fine-tuned end points of a mapped trunk."""
    return results / "landscape" / "endpoints" / below(trunk(entry)) / entry["budgets"][-1]


def task_lines(results: Path, entry: Row) -> Iterator[tuple[Row, list[float]]]:
    """Yield the task loss between the pretrained and fine-tuned encoders, as measured with the end points."""
    kinds = {
        "pretrained": {"kind": "fine-tuning", "from": "pretrained", "to": "fine-tuned"},
        "seeds": {"kind": "fine-tuning seeds", "from": "fine-tuned", "to": "another seed"},
    }
    for task in entry["tasks"]:
        for name, losses in read_json(ends_folder(results, entry) / f"{task}.json").items():
            yield kinds[name] | {"task": task}, [np.nan if value is None else value for value in losses]


def vector_rows(results: Path, entry: Row, seeds: list[int]) -> Iterator[Row]:
    """Yield the cosine between any two weight updates from the last checkpoint, and their lengths."""
    folder = ends_folder(results, entry)
    names = [(task, seed) for task in entry["tasks"] for seed in seeds]
    initial = (
        trunk_folder(results, Trunk(UNTRAINED, entry["size"], NO_SUBSET, entry["seed"]))
        / NO_BUDGET
        / "model.safetensors"
    )
    last = trunk_folder(results, trunk(entry)) / entry["budgets"][-1] / "model.safetensors"
    files = [folder / f"{task}-seed{seed}.safetensors" for task, seed in names]
    start, first, *ends = flatten([encoder_weights(path) for path in (last, initial, *files)])
    points = np.stack([2 * start - first, *ends])  # the pretraining update, `first` to `start`, continued from `start`
    names = [("pretraining", ""), *names]
    found = cosines(start, points)
    lengths = np.linalg.norm(points - start, axis=1) / np.linalg.norm(start)
    for i, j in combinations(range(len(names)), 2):
        told = dict(zip(("a", "seed_a", "b", "seed_b"), (*names[i], *names[j]), strict=True))
        sizes = {"relative_length_a": float(lengths[i]), "relative_length_b": float(lengths[j])}
        yield told | {"cosine": float(found[i, j])} | sizes


if __name__ == "__main__":
    run(measure_paths, handles_sigterm=True)
