"""Remove the molecules of named tasks from one shard of the distinct molecules, before subsets are drawn."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from clm.chemistry.contamination import Contamination
from clm.chemistry.tables import part_batches, table_writer
from clm.provenance.command import run
from clm.provenance.files import write_json


def task_smiles(tables: list[Path]) -> Iterator[str]:
    """Yield the canonical SMILES of all task tables."""
    for table in tables:
        with table.open(encoding="utf-8", newline="") as handle:
            yield from (row["smiles"] for row in csv.DictReader(handle))


def decontaminate_corpus(
    molecules: Path, settings: dict[str, Any], shard: int, tasks: list[Path], out: Path, counts: Path
) -> None:
    """Write the molecules that share no skeleton (first block of the InChIKey) with any task molecule."""
    forbidden = Contamination(task_smiles(tasks))
    read = kept = 0
    with table_writer(out, pq.read_schema(molecules).remove_metadata()) as writer:
        for batch in part_batches(molecules, shard, settings["shards"]):
            clean = pa.array([smiles not in forbidden for smiles in batch.column("smiles").to_pylist()])
            part = batch.filter(clean)
            writer.write_batch(part)
            read, kept = read + batch.num_rows, kept + part.num_rows
    write_json(counts, {"read": read, "kept": kept, "rejected": {"task_molecule": read - kept}})


if __name__ == "__main__":
    run(decontaminate_corpus)
