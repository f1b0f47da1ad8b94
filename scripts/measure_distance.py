"""Measure how far one task lies from one subset of a corpus."""

from pathlib import Path

from clm.chemistry.tables import batches
from clm.provenance.command import parser, run
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
    write_json(out, distance(load_task(molecules, []).smiles, corpus))


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    command.add_argument("--molecules", type=Path, required=True)
    command.add_argument("--subset", type=Path, required=True)
    command.add_argument("--out", type=Path, required=True)
    a = command.parse_args(argv)
    measure_distance(a.molecules, a.subset, a.out)


if __name__ == "__main__":
    run(main)
