"""Keep each standard SMILES of a corpus once (its first row), ordered by hash."""

from pathlib import Path

from clm.chemistry.tables import copy_query, shard_files
from clm.provenance.command import UserError, run
from clm.provenance.files import write_json

DISTINCT = """
    SELECT min(row) AS row, smiles, any_value(key) AS key FROM read_parquet($shards)
    GROUP BY smiles ORDER BY key, smiles
"""


def deduplicate_corpus(shards: Path, settings: dict[str, int], mem_mb: int, out: Path, counts: Path) -> None:
    """Write the distinct molecules of all shards (row, smiles, key), ordered by key then SMILES.

    Args:
        shards: folder of the standardized shards.
        settings: `shards`, their number.
        mem_mb: of the job, in MB; the database spills to disk beyond it.
        out: Parquet.
        counts: JSON.

    Raises:
        UserError: no shard holds a molecule.
    """
    files = [str(path) for path in shard_files(shards, settings["shards"])]
    kept = copy_query(DISTINCT, out, mem_mb, shards=files)
    if not kept:
        out.unlink()
        raise UserError(
            f"corpus {out.parent.name}: no molecule kept ({shards / '0.json'} counts why); check its `column`"
        )
    write_json(counts, {"kept": kept})


if __name__ == "__main__":
    run(deduplicate_corpus)
