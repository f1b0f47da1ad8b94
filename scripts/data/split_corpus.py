"""Hold out validation molecules of a corpus by a separate hash; the rest is for training."""

import heapq
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from clm.chemistry.keys import smiles_key
from clm.chemistry.tables import MOLECULES, batches, shard_files, table_writer
from clm.provenance.command import UserError, run
from clm.provenance.files import write_json


def split_corpus(molecules: Path, settings: dict[str, Any], train: Path, valid: Path, counts: Path) -> None:
    """Write train and validation molecules (key, smiles), each in the order of the corpus: by key.

    The validation molecules have the `validation_molecules` smallest salted hashes, which are independent of the keys,
    by which subsets are drawn, and of the size of the corpus.

    Args:
        molecules: Parquet in ascending order of keys, or a folder of consecutive shards.
        settings: `name` of the corpus, `validation_molecules`; of a folder: the number of `shards`.
        train: Parquet.
        valid: Parquet.
        counts: JSON.

    Raises:
        UserError: the corpus is too small to hold out that many.
    """
    wanted = settings["validation_molecules"]
    files = shard_files(molecules, settings["shards"]) if "shards" in settings else [molecules]
    held_out = pa.array(smallest_salted(files, wanted), pa.string())
    n_train = n_valid = 0
    with table_writer(train, MOLECULES) as training, table_writer(valid, MOLECULES) as validation:
        for batch in batches(files, MOLECULES.names):
            table = pa.table(batch.select(MOLECULES.names).columns, schema=MOLECULES)
            held = pc.is_in(table["smiles"], held_out)
            training.write_table(table.filter(pc.invert(held)))
            validation.write_table(found := table.filter(held))
            n_valid, n_train = n_valid + found.num_rows, n_train + table.num_rows - found.num_rows
        if n_train < wanted:
            raise UserError(
                f"corpus {settings['name']}: {n_train} molecules are left after holding out {n_valid}; "
                "lower validation_molecules"
            )
    write_json(counts, {"train": n_train, "valid": n_valid})


def smallest_salted(molecules: list[Path], number: int) -> list[str]:
    """Return the `number` SMILES whose salted hash is smallest, streaming over the corpus."""
    smiles = (text for batch in batches(molecules, ["smiles"]) for text in batch.column(0).to_pylist())
    return heapq.nsmallest(number, smiles, key=lambda text: smiles_key(text, b"valid"))


if __name__ == "__main__":
    run(split_corpus)
