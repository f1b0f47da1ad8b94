"""Measure the distance of one task from one subset of a corpus."""

from pathlib import Path

from clm.chemistry.tables import batches
from clm.provenance.command import run
from clm.provenance.files import write_json
from clm.tasks.distance import distance
from clm.tasks.table import load_task


def measure_distance(molecules: Path, subset: Path, out: Path) -> None:
    """Write the distance of a task to the molecules of a subset.

    Args:
        molecules: molecules.csv of the task.
        subset: Parquet file with the column `smiles`, ordered by hash.
        out: JSON of the numbers.
    """
    corpus = (batch.column(0) for batch in batches([subset], ["smiles"]))
    task = load_task(molecules, [])
    write_json(out, distance(task.smiles, task.same, corpus))


if __name__ == "__main__":
    run(measure_distance)
