"""Molecules of a task, tokenized by the tokenizer of a checkpoint."""

from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from clm.provenance.files import read_json
from clm.tokens.shards import Shard, pack
from clm.tokens.text import represent


def tokenize(smiles: list[str], folder: Path, keys: list[int]) -> Shard:
    """Return a shard of the molecules; longer ones are truncated, and those that SELFIES cannot express become [UNK].

    Args:
        smiles: canonical SMILES.
        folder: with tokenizer.json and vocabulary.json.
        keys: of the molecules, from which fixed masks are hashed.
    """
    record = read_json(folder / "vocabulary.json")
    texts = [represent(text, record["kind"]) or "[UNK]" for text in smiles]
    encoded = Tokenizer.from_file(str(folder / "tokenizer.json")).encode_batch(texts)
    return pack([item.ids for item in encoded], keys, len(record["tokens"]), {"vocabulary": record["digest"]})


def count_truncated(shard: Shard, max_tokens: int) -> int:
    """Return how many molecules have the maximal length: they were truncated, or fit exactly."""
    return int(np.sum(shard.lengths >= max_tokens))
