"""The fraction of the tokens of a molecule that are unknown to a method."""

from collections.abc import Set

import numpy as np

from clm.tokens.regex import split
from clm.tokens.text import represent
from clm.transfer.encoder import SmilesEncoder

ENDS = 2  # [CLS] and [SEP]


def unseen_by_encoder(encoder: SmilesEncoder, smiles: list[str]) -> np.ndarray:
    """Return the fraction of the tokens of each molecule that are unknown or beyond the maximum length, float64 (n,).

    The tokens are those of the encoder, of any kind. A molecule that this kind cannot express is entirely unseen.
    """
    from tokenizers import Tokenizer

    whole = Tokenizer.from_str(encoder.tokenizer_.to_str())
    most = None if whole.truncation is None else whole.truncation["max_length"] - ENDS
    whole.no_truncation()
    unknown, found = whole.token_to_id("[UNK]"), np.ones(len(smiles))
    texts = [represent(text, encoder.kind_) or "[UNK]" for text in smiles]
    for row, encoded in enumerate(whole.encode_batch(texts, add_special_tokens=False)):
        if ids := encoded.ids:
            found[row] = 1 - sum(one != unknown for one in ids[:most]) / len(ids)
    return found


def unseen_by_baseline(tokens: Set[str], smiles: list[str]) -> np.ndarray:
    """Return the fraction of the tokens of each molecule that are not among those given, float64 (n,)."""
    parts = [split(text) for text in smiles]
    return np.array([np.mean([token not in tokens for token in some]) if some else 1.0 for some in parts])
