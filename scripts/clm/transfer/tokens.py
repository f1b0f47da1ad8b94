"""Molecules of a task, tokenized by the tokenizer of a checkpoint."""

from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from clm.provenance.files import read_json
from clm.tokens.shards import Shard, pack
from clm.tokens.text import represent
from clm.tokens.tokenizer import digest


def tokenize(smiles: list[str], folder: Path, keys: list[int]) -> Shard:
    """Return a shard of the molecules; longer ones are truncated, and those that SELFIES cannot express become [UNK].

    Args:
        smiles: canonical SMILES.
        folder: with tokenizer.json and vocabulary.json.
        keys: of the molecules, for the hashes of fixed masks.
    """
    record = read_json(folder / "vocabulary.json")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return encode(smiles, tokenizer, record["kind"], keys)


def encode(smiles: list[str], tokenizer: Tokenizer, kind: str, keys: list[int] | None = None) -> Shard:
    """Return a shard of molecules, as `tokenize` does; keys are the positions unless given.

    Args:
        smiles: canonical SMILES.
        tokenizer: of a checkpoint.
        kind: of tokens, see `clm.tokens.text.KINDS`.
        keys: of the molecules.
    """
    texts = [represent(text, kind) or "[UNK]" for text in smiles]
    tokens = tokenizer.get_vocab()
    encoded = [item.ids for item in tokenizer.encode_batch(texts)]
    return pack(encoded, keys or list(range(len(smiles))), len(tokens), {"vocabulary": digest(tokens)})


def count_truncated(shard: Shard, max_tokens: int) -> int:
    """Return the number of molecules of maximum length, which were truncated or fit exactly."""
    return int(np.sum(shard.lengths >= max_tokens))
