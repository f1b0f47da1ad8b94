"""Read the raw rows of a corpus once, from all its files, into one table that shards can read in parallel.

A gzip can only be read from its start: if each of a hundred shards did so, it would be decompressed a hundred times.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
from clm.chemistry.keys import chosen
from clm.chemistry.sources import smiles_rows
from clm.chemistry.tables import table_writer
from clm.provenance.command import run
from clm.provenance.files import write_json

SCHEMA = pa.schema([("row", pa.int64()), ("raw", pa.binary())])
GROUP_ROWS, GROUP_BYTES = 32_768, 2**25
MOST_TORN = 0.02  # maximum fraction of rows with more or fewer fields than their header, without a warning

log = logging.getLogger(__name__)


def gather_corpus(sources: list[Path], settings: dict[str, Any], out: Path, counts: Path) -> None:
    """Write the raw SMILES of a corpus (row, raw) in their original order, and the counts of its rows.

    Args:
        sources: the downloaded files of `settings["files"]`, each once, in the order of first use.
        settings: the files, column and separator, and the `sample_fraction` of the rows to keep.
        out: Parquet file.
        counts: JSON of rows read, kept and rejected by reason.

    Raises:
        UserError: a source cannot be read.
    """
    names = dict.fromkeys(file["source"] for file in settings["files"])
    content = dict(zip(names, sources, strict=True))
    torn: Counter[str] = Counter()
    how = (settings["column"], settings["separator"], torn, settings.get("encoding"))
    rows = chain.from_iterable(smiles_rows(content[file["source"]], file["member"], *how) for file in settings["files"])
    read = kept = 0
    with table_writer(out, SCHEMA) as writer:
        for seen, numbers, raws in groups(rows, settings["sample_fraction"]):
            read, kept = seen, kept + len(numbers)
            writer.write_table(pa.table([pa.array(numbers, pa.int64()), pa.array(raws, pa.binary())], schema=SCHEMA))
    log.info("%d rows read, %d kept", read + torn.total(), kept)
    if torn.total() > MOST_TORN * (read + torn.total()):
        log.warning("%d of %d rows do not fit their table: %s", torn.total(), read + torn.total(), dict(torn))
    write_json(counts, {"read": read + torn.total(), "kept": kept, "rejected": {"thinned": read - kept} | torn})


def groups(rows: Iterator[bytes], share: float) -> Iterator[tuple[int, list[int], list[bytes]]]:
    """Yield (rows read so far, numbers and bytes of kept rows) in groups with a maximum number of rows and bytes."""
    numbers: list[int] = []
    raws: list[bytes] = []
    size, read = 0, 0
    for read, raw in enumerate(rows, 1):
        if share < 1 and not chosen(raw, share):
            continue
        numbers.append(read - 1)
        raws.append(raw)
        size += len(raw)
        if len(raws) == GROUP_ROWS or size > GROUP_BYTES:
            yield read, numbers, raws
            numbers, raws, size = [], [], 0
    yield read, numbers, raws


if __name__ == "__main__":
    run(gather_corpus)
