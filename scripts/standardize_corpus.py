"""Standardize one shard of a corpus: line i of the concatenated files belongs to shard i mod K."""

import logging
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from clm.chemistry.keys import smiles_key
from clm.chemistry.sources import smiles_rows
from clm.chemistry.standardize import standardizer
from clm.provenance.command import UserError, parser, run
from clm.provenance.files import atomic, write_json

SCHEMA = pa.schema([("row", pa.int64()), ("smiles", pa.string()), ("key", pa.uint64())])
CHUNK = 50_000

log = logging.getLogger(__name__)


def standardize_corpus(sources: list[Path], config: dict[str, Any], shard: int, out: Path, counts: Path) -> None:
    """Write the kept molecules of a shard (row, smiles, key) and the counts of its rows.

    Args:
        sources: the fetched files of `config["files"]`, each once, in the order of first use.
        config: how to read and standardize the corpus.
        shard: number of the shard; memory is bounded by a chunk of its rows, whatever the size of the corpus.
        out: Parquet file.
        counts: JSON of rows read, kept and rejected by reason.

    Raises:
        UserError: a source cannot be read, or no row of the shard is kept.
    """
    names = dict.fromkeys(file["source"] for file in config["files"])
    content = dict(zip(names, sources, strict=True))
    rows = chain.from_iterable(
        smiles_rows(content[file["source"]], file["member"], config["column"], config["separator"])
        for file in config["files"]
    )
    mine = islice(enumerate(rows), shard, None, config["shards"])
    tally: Counter[str] = Counter()
    with atomic(out) as temporary, pq.ParquetWriter(temporary, SCHEMA, compression="zstd") as writer:
        for chunk in kept_chunks(mine, config, tally):
            writer.write_table(pa.table(dict(zip(SCHEMA.names, zip(*chunk, strict=True), strict=True)), SCHEMA))
            log.info("%d rows read, %d kept", sum(tally.values()), tally["kept"])
        if not tally["kept"]:
            raise UserError(
                f"corpus {config['name']}, shard {shard}: no molecule kept of {sum(tally.values())} rows {dict(tally)}"
            )
    kept = tally.pop("kept")
    write_json(counts, {"read": kept + sum(tally.values()), "kept": kept, "rejected": dict(tally)})


def kept_chunks(
    rows: Iterator[tuple[int, bytes]], config: dict[str, Any], tally: Counter[str]
) -> Iterator[list[tuple]]:
    """Yield lists of (row, smiles, key) of kept rows, counting every row in `tally` as kept or by its reason."""
    standardize = standardizer(config)
    chunk: list[tuple[int, str, int]] = []
    for row, raw in rows:
        smiles, reason = standardize(raw)
        tally[reason or "kept"] += 1
        if smiles is not None:
            chunk.append((row, smiles, smiles_key(smiles)))
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    command.add_argument("--sources", type=Path, nargs="+", required=True)
    command.add_argument("--shard", type=int, required=True)
    command.add_argument("--out", type=Path, required=True)
    command.add_argument("--counts", type=Path, required=True)
    a = command.parse_args(argv)
    standardize_corpus(a.sources, a.config, a.shard, a.out, a.counts)


if __name__ == "__main__":
    run(main)
