"""Tokenize the molecules of a subset, or of the validation set, into a shard."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from clm.chemistry.tables import batches
from clm.provenance.command import UserError, run
from clm.provenance.files import read_json, sha256_file
from clm.tokens.scan import encode, scan
from clm.tokens.shards import ShardWriter
from clm.tokens.text import represent

Encoded = tuple[np.ndarray, np.ndarray, np.ndarray]


def tokenize_subset(molecules: Path, tokenizer: Path, vocabulary: Path, out: Path) -> None:
    """Write the token shard of a table of molecules (key, smiles), in its order.

    Raises:
        UserError: no molecule can be expressed in the chosen representation.
    """
    record = read_json(vocabulary)
    encoded = by_arrays(record) if record["kind"] == "atoms" else by_tokenizer(tokenizer, record["kind"])
    writer = ShardWriter(out, len(record["tokens"]))
    for batch in batches([molecules], ["key", "smiles"]):
        writer.append(*encoded(batch))
    if not writer.molecules:
        raise UserError(f"{molecules}: no molecule can be expressed as {record['kind']}; choose another tokenizer.kind")
    writer.close({"vocabulary": record["digest"], "source": sha256_file(molecules), "count": str(writer.molecules)})


def by_arrays(record: dict[str, Any]) -> Callable[[pa.RecordBatch], Encoded]:
    """Return a function that maps a batch to ids, lengths and keys, for atom-level tokens."""

    def encoded(batch: pa.RecordBatch) -> Encoded:
        ids = encode(scan(batch.column("smiles")), batch.num_rows, record["tokens"], record["max_tokens"])
        return *ids, batch.column("key").to_numpy()

    return encoded


def by_tokenizer(tokenizer: Path, kind: str) -> Callable[[pa.RecordBatch], Encoded]:
    """Return the same for other tokens, using the tokenizer; molecules that cannot be expressed are left out."""
    from tokenizers import Tokenizer

    model = Tokenizer.from_file(str(tokenizer))

    def encoded(batch: pa.RecordBatch) -> Encoded:
        texts = [represent(smiles, kind) for smiles in batch.column("smiles").to_pylist()]
        found = [item.ids for item in model.encode_batch([text for text in texts if text])]
        lengths = np.fromiter(map(len, found), np.int64, len(found))
        tokens = np.concatenate([np.empty(0, np.int64), *found])
        return tokens, lengths, batch.column("key").to_numpy()[[bool(text) for text in texts]]

    return encoded


if __name__ == "__main__":
    run(tokenize_subset)
