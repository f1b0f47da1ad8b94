"""Compare the representations of the same molecules by all checkpoints: pairwise centred kernel alignment, its map."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from clm.landscape.alignment import classical_scaling, pairwise_cka
from clm.models.build import load_model
from clm.models.device import device
from clm.provenance.command import run
from clm.provenance.files import read_json
from clm.study.grid import Checkpoint
from clm.study.paths import checkpoint
from clm.tables.cells import checkpoints_of, identity, read_cells
from clm.tables.columns import KEYS, PRETRAINED, UNTRAINED
from clm.tables.frames import write_table
from clm.tokens.regex import SPECIALS
from clm.tokens.shards import Shard, read_shard
from clm.transfer.embed import embed

PAIR = [f"{name}_{side}" for side in "ab" for name in ("kind", *KEYS)]
COUNTS = {"kind": "token_counts"} | dict.fromkeys(KEYS, "")  # "" instead of None, with which seeds would become 0.0


def compare_representations(
    results: Path, cells: list[Path], valid: Path, settings: dict[str, Any], pairs: Path, points: Path
) -> None:
    """Write the alignment of all pairs, and coordinates of all representations in the plane of 1 - alignment.

    Args:
        results: folder of the study.
        cells: file of the list `trunks` (see clm.tables.cells).
        valid: validation shard; its first molecules are the same for all models.
        settings: `molecules`, `seed` of the shuffled null.
        pairs: CSV of two names each, cka, shuffled, molecules.
        points: CSV of names, status, axis1, axis2, share1, share2; without coordinates for a model that diverged.
    """
    shard = read_shard(valid).head(settings["molecules"])
    names, features, failed = [COUNTS], [token_counts(shard)], []
    for cell in checkpoints_of(read_cells(cells)):
        kind = {"kind": UNTRAINED if cell.trunk.corpus == UNTRAINED else PRETRAINED}
        found = represent(results, cell, shard)
        if found is None:
            failed.append(kind | identity(cell) | {"status": "diverged"})
        else:
            names.append(kind | identity(cell))
            features.append(found)
    cka, shuffled = pairwise_cka(features, settings["seed"])
    write_table(pairs, pair_rows(names, cka, shuffled, len(shard)), [*PAIR, "cka", "shuffled", "molecules"])
    rows = [*point_rows(names, cka), *failed]
    write_table(points, rows, ["kind", *KEYS, "status", "axis1", "axis2", "share1", "share2"])


def represent(results: Path, cell: Checkpoint, shard: Shard) -> np.ndarray | None:
    """Return the pooled embeddings of a checkpoint, float32 (n, width); None if it diverged."""
    folder = checkpoint(results, cell)
    if read_json(folder / "metrics.json")["status"] != "ok":
        return None
    return embed(load_model(folder).to(device()), shard)


def token_counts(shard: Shard) -> np.ndarray:
    """Return the fraction of each token in each molecule, float64 (n, V): the representation by pooling alone."""
    counts = np.zeros((len(shard), int(np.max(shard.tokens)) + 1))
    np.add.at(counts, (np.repeat(np.arange(len(shard)), shard.lengths), np.asarray(shard.tokens)), 1)
    counts = counts[:, len(SPECIALS) :]
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def pair_rows(
    names: list[dict[str, Any]], cka: np.ndarray, shuffled: np.ndarray, molecules: int
) -> Iterator[dict[str, Any]]:
    """Yield one row for each pair of representations."""
    for i, j in combinations(range(len(names)), 2):
        pair = {f"{key}_{side}": value for side, k in (("a", i), ("b", j)) for key, value in names[k].items()}
        yield pair | {"cka": float(cka[i, j]), "shuffled": float(shuffled[i, j]), "molecules": molecules}


def point_rows(names: list[dict[str, Any]], cka: np.ndarray) -> Iterator[dict[str, Any]]:
    """Yield the position of each representation on the map; constant ones, similar to nothing, are left out."""
    usable = np.flatnonzero(np.isfinite(np.diag(cka)))
    coordinates, shares = classical_scaling(1 - cka[np.ix_(usable, usable)])
    places = dict(zip(usable.tolist(), coordinates.tolist(), strict=True))
    told = {"share1": float(shares[0]), "share2": float(shares[1])}
    for i, name in enumerate(names):
        where = dict(zip(("axis1", "axis2"), places[i], strict=True)) | told if i in places else {}
        yield name | {"status": "ok" if i in places else "no spread"} | where


if __name__ == "__main__":
    run(compare_representations, handles_sigterm=True)
