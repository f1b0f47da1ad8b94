"""Standardized shards without RDKit, from what is known of the molecules behind enumerated lines."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from clm.chemistry.keys import smiles_key
from clm.chemistry.sources import smiles_rows
from clm.chemistry.tables import batches, part_batches, table_writer
from harness import ROOT  # noqa: F401  (puts scripts on the path)
from standardize_corpus import SCHEMA


def molecule_numbers(lines: Path, total: int) -> np.ndarray:
    """Return the first field of each line: the number of its molecule, (total,) int32."""
    return np.fromiter(smiles_rows(lines, None, 0, "\t"), "S9", total).astype(np.int32)


def known_molecules(folder: Path) -> pa.Table:
    """Return the standard SMILES (row, smiles, key) of the real molecules, by a finished run on them."""
    files = sorted((folder / "standardized").glob("*.parquet"), key=lambda path: int(path.stem))
    return pa.Table.from_batches(batches(files), SCHEMA)


def positions(numbers: np.ndarray, known: pa.Table) -> np.ndarray:
    """Return where each molecule number stands among the known molecules, -1 where it does not."""
    place = np.full(int(max(numbers.max(), known["row"][-1].as_py())) + 1, -1)
    place[known["row"].to_numpy()] = np.arange(len(known))
    return place[numbers]


def verified(shards: list[Path], numbers: np.ndarray, known: pa.Table) -> dict[str, int]:
    """Count standardized lines, and those whose standard SMILES is not the one of their molecule."""
    found = {"lines": 0, "same": 0, "different": 0, "molecule_unknown": 0}
    for batch in batches(shards):
        at = positions(numbers[batch["row"].to_numpy()], known)
        expected = known["smiles"].take(pa.array(np.maximum(at, 0))).combine_chunks()
        same = pc.equal(batch["smiles"], expected).to_numpy(zero_copy_only=False)
        found["lines"] += len(at)
        found["molecule_unknown"] += int((at < 0).sum())
        found["same"] += int((same & (at >= 0)).sum())
        found["different"] += int((~same & (at >= 0)).sum())
    return found


def from_molecules(numbers: np.ndarray, known: pa.Table) -> Callable[[pa.RecordBatch], pa.Table]:
    """Return a function from raw rows to the standard SMILES of their molecules; unknown molecules are left out."""

    def table(batch: pa.RecordBatch) -> pa.Table:
        at = positions(numbers[batch["row"].to_numpy()], known)
        kept = pa.array(at[at >= 0])
        columns = [batch["row"].filter(pa.array(at >= 0)), known["smiles"].take(kept), known["key"].take(kept)]
        return pa.table(columns, schema=SCHEMA)

    return table


def as_they_stand(batch: pa.RecordBatch) -> pa.Table:
    """Return raw rows as if each were the standard SMILES of a molecule of its own."""
    texts = batch["raw"].cast(pa.string())
    keys = pa.array([smiles_key(text) for text in texts.to_pylist()], pa.uint64())
    return pa.table([batch["row"], texts, keys], schema=SCHEMA)


def write_shards(
    work: Path, name: str, first: int, shards: int, made: Callable[[pa.RecordBatch], pa.Table]
) -> list[Path]:
    """Write the shards from `first` on, as standardize_corpus would, by a function from raw rows to its table."""
    paths = [work / name / f"{shard}.parquet" for shard in range(first, shards)]
    for shard, path in enumerate(paths, first):
        with table_writer(path, SCHEMA) as writer:
            for batch in part_batches(work / "rows.parquet", shard, shards):
                writer.write_table(made(batch))
    return paths
