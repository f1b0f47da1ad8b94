"""Standardize one shard of a corpus: one of K equal ranges of its rows."""

import logging
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
from clm.chemistry.guard import Guard
from clm.chemistry.keys import smiles_key
from clm.chemistry.standardize import standardizer
from clm.chemistry.tables import part_batches, table_writer
from clm.provenance.command import run
from clm.provenance.files import write_json

SCHEMA = pa.schema([("row", pa.int64()), ("smiles", pa.string()), ("key", pa.uint64())])

log = logging.getLogger(__name__)


def standardize_corpus(rows: Path, settings: dict[str, Any], shard: int, out: Path, counts: Path) -> None:
    """Write the kept molecules of a shard (row, smiles, key) and the counts of its rows.

    Args:
        rows: raw rows of the corpus (row, raw).
        settings: options of standardization, and the number of shards.
        shard: number of the shard; one batch of its rows is in memory, whatever the size of the corpus.
        out: Parquet file.
        counts: JSON of rows read, kept and rejected by reason.
    """
    tally: Counter[str] = Counter()
    noted: Counter[str] = Counter()
    with table_writer(out, SCHEMA) as writer, Guard(standardizer(settings)) as guard:
        for batch in part_batches(rows, shard, settings["shards"]):
            outcomes = guard.outcomes(batch.column("raw").to_pylist())
            tally.update("kept" if smiles is not None else reason for smiles, reason in outcomes)
            noted.update(remark for smiles, remark in outcomes if smiles is not None and remark)
            smiles = pa.array([smiles for smiles, _ in outcomes], pa.string())
            kept = smiles.drop_null()
            keys = pa.array([smiles_key(text) for text, _ in outcomes if text is not None], pa.uint64())
            numbers = batch.column("row").filter(smiles.is_valid())
            writer.write_table(pa.table([numbers, kept, keys], schema=SCHEMA))
            log.info("%d rows read, %d kept", tally.total(), tally["kept"])
    kept = tally.pop("kept", 0)
    write_json(counts, {"read": kept + tally.total(), "kept": kept, "rejected": dict(tally), "noted": dict(noted)})


if __name__ == "__main__":
    run(standardize_corpus)
