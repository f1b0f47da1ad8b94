"""Molecules of a task as token ids of a checkpoint's own tokenizer."""

from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from clm.provenance.files import read_json
from clm.tokens.shards import Shard, pack
from clm.tokens.text import represent


def tokenize(smiles: list[str], folder: Path, keys: list[int]) -> Shard:
    """Return a shard of the molecules; longer ones are cut, and what SELFIES cannot express becomes [UNK].

    Args:
        smiles: canonical SMILES.
        folder: with tokenizer.json and vocabulary.json.
        keys: of the molecules, from which fixed masks are drawn.
    """
    record = read_json(folder / "vocabulary.json")
    texts = [represent(text, record["kind"]) or "[UNK]" for text in smiles]
    encoded = Tokenizer.from_file(str(folder / "tokenizer.json")).encode_batch(texts)
    return pack([item.ids for item in encoded], keys, len(record["tokens"]), {"vocabulary": record["digest"]})


def cut_count(shard: Shard, max_tokens: int) -> int:
    """Return how many molecules fill the whole length, so that they were (or might just have been) cut."""
    return int(np.sum(shard.lengths >= max_tokens))
