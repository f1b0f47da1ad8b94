"""Hold out validation molecules of a corpus by a hash of their own; the rest is for training."""

import heapq
from pathlib import Path
from typing import Any

import duckdb
from clm.chemistry.keys import smiles_key
from clm.chemistry.tables import copy_query
from clm.provenance.command import UserError, parser, run
from clm.provenance.files import write_json

VALID = (
    "SELECT key, smiles FROM read_parquet($molecules) WHERE smiles IN (SELECT unnest($held_out)) ORDER BY key, smiles"
)
TRAIN = VALID.replace("smiles IN", "smiles NOT IN")


def split_corpus(
    molecules: Path, config: dict[str, Any], memory_mb: int, train: Path, valid: Path, counts: Path
) -> None:
    """Write train and validation molecules (key, smiles), each ordered by key.

    The validation molecules are the `validation_molecules` smallest salted hashes: independent of the keys, by which
    subsets are drawn, and of the size of the corpus.

    Raises:
        UserError: the corpus is too small to hold out that many.
    """
    wanted = config["validation_molecules"]
    held_out = smallest_salted(molecules, wanted)
    files, memory = str(molecules), memory_mb
    n_valid = copy_query(VALID, valid, memory, molecules=files, held_out=held_out)
    n_train = copy_query(TRAIN, train, memory, molecules=files, held_out=held_out)
    if n_train < wanted:
        raise UserError(
            f"corpus {config['name']}: {n_train} molecules are left after holding out {n_valid}; "
            "lower validation_molecules"
        )
    write_json(counts, {"train": n_train, "valid": n_valid})


def smallest_salted(molecules: Path, number: int) -> list[str]:
    """Return the `number` SMILES whose salted hash is smallest, streaming over the corpus."""
    with duckdb.connect() as connection:
        reader = connection.execute("SELECT smiles FROM read_parquet(?)", [str(molecules)])
        chunks = iter(lambda: reader.fetchmany(50_000), [])
        return heapq.nsmallest(number, (s for chunk in chunks for (s,) in chunk), key=lambda s: smiles_key(s, b"valid"))


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    for name in ("molecules", "train", "valid", "counts"):
        command.add_argument(f"--{name}", type=Path, required=True)
    command.add_argument(
        "--memory", type=int, required=True, help="of the job in MB; the database spills to disk beyond it"
    )
    a = command.parse_args(argv)
    split_corpus(a.molecules, a.config, a.memory, a.train, a.valid, a.counts)


if __name__ == "__main__":
    run(main)
