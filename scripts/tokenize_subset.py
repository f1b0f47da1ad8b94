"""Tokenize the molecules of a subset, or of the validation set, into a shard."""

from pathlib import Path

import pyarrow.parquet as pq
from clm.provenance.command import UserError, parser, run
from clm.provenance.files import read_json, sha256_file
from clm.tokens.shards import pack, write_shard
from clm.tokens.text import represent
from tokenizers import Tokenizer


def tokenize_subset(molecules: Path, tokenizer: Path, vocabulary: Path, out: Path) -> None:
    """Write the token shard of a table of molecules (key, smiles), in its order.

    Raises:
        UserError: no molecule can be expressed in the chosen representation.
    """
    model, record = Tokenizer.from_file(str(tokenizer)), read_json(vocabulary)
    sequences: list[list[int]] = []
    keys: list[int] = []
    for batch in pq.ParquetFile(molecules).iter_batches(65_536):
        texts = [represent(smiles, record["kind"]) for smiles in batch.column("smiles").to_pylist()]
        kept = [(key, text) for key, text in zip(batch.column("key").to_pylist(), texts, strict=True) if text]
        keys += [key for key, _ in kept]
        sequences += [encoding.ids for encoding in model.encode_batch([text for _, text in kept])]
    if not sequences:
        raise UserError(f"{molecules}: no molecule can be expressed as {record['kind']}; choose another tokenizer.kind")
    metadata = {"vocabulary": record["digest"], "source": sha256_file(molecules), "count": str(len(keys))}
    write_shard(out, pack(sequences, keys, len(record["tokens"]), metadata))


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    for name in ("molecules", "tokenizer", "vocabulary", "out"):
        command.add_argument(f"--{name}", type=Path, required=True)
    a = command.parse_args(argv)
    tokenize_subset(a.molecules, a.tokenizer, a.vocabulary, a.out)


if __name__ == "__main__":
    run(main)
