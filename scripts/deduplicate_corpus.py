"""Keep each standard SMILES of a corpus once (its first row), ordered by hash."""

from pathlib import Path

from clm.chemistry.tables import copy_query
from clm.provenance.command import UserError, parser, run
from clm.provenance.files import write_json

DISTINCT = """
    SELECT min(row) AS row, smiles, any_value(key) AS key FROM read_parquet($shards)
    GROUP BY smiles ORDER BY key, smiles
"""


def deduplicate_corpus(shards: list[Path], memory_mb: int, out: Path, counts: Path) -> None:
    """Write the distinct molecules of all shards (row, smiles, key), ordered by key then SMILES.

    Raises:
        UserError: no shard holds a molecule.
    """
    kept = copy_query(DISTINCT, out, memory_mb, shards=[str(shard) for shard in shards])
    if not kept:
        out.unlink()
        told = shards[0].with_suffix(".json")
        raise UserError(f"corpus {out.parent.name}: no molecule kept ({told} counts why); check its `column`")
    write_json(counts, {"kept": kept})


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    command.add_argument("--shards", type=Path, nargs="+", required=True)
    command.add_argument("--out", type=Path, required=True)
    command.add_argument("--counts", type=Path, required=True)
    command.add_argument(
        "--memory", type=int, required=True, help="of the job in MB; the database spills to disk beyond it"
    )
    a = command.parse_args(argv)
    deduplicate_corpus(a.shards, a.memory, a.out, a.counts)


if __name__ == "__main__":
    run(main)
