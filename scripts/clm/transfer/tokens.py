"""Molecules of a task as token ids of a checkpoint's own tokenizer."""

from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from clm.provenance.files import read_json
from clm.tokens.shards import Shard, pack
from clm.tokens.text import represent
from clm.tokens.tokenizer import digest


def tokenize(smiles: list[str], folder: Path, keys: list[int]) -> Shard:
    """Return a shard of the molecules; longer ones are cut, and what SELFIES cannot express becomes [UNK].

    Args:
        smiles: canonical SMILES.
        folder: with tokenizer.json and vocabulary.json.
        keys: of the molecules, from which fixed masks are drawn.
    """
    record = read_json(folder / "vocabulary.json")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return encode(smiles, tokenizer, record["kind"], keys)


def encode(smiles: list[str], tokenizer: Tokenizer, kind: str, keys: list[int] | None = None) -> Shard:
    """Return a shard of molecules, as `tokenize` does; keys are the positions unless given.

    Args:
        smiles: canonical SMILES.
        tokenizer: of a checkpoint.
        kind: "selfies", or anything else for SMILES.
        keys: of the molecules.
    """
    texts = [represent(text, kind) or "[UNK]" for text in smiles]
    tokens = tokenizer.get_vocab()
    encoded = [item.ids for item in tokenizer.encode_batch(texts)]
    return pack(encoded, keys or list(range(len(smiles))), len(tokens), {"vocabulary": digest(tokens)})


def cut_count(shard: Shard, max_tokens: int) -> int:
    """Return how many molecules fill the whole length, so that they were (or might just have been) cut."""
    return int(np.sum(shard.lengths >= max_tokens))
