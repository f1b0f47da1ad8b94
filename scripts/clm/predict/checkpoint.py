"""Load models that a user names, with one-line errors for unreadable files and unusable features."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from clm.provenance.command import UserError
from clm.study.parts import read_object, read_part, told
from clm.transfer.encoder import SmilesEncoder
from clm.transfer.external_tokens import MAX_LOST


def read_tokenizer(path: Path) -> None:
    """Read a tokenizer.json."""
    from tokenizers import Tokenizer

    Tokenizer.from_file(str(path))


def read_header(path: Path) -> None:
    """Read the header of a safetensors file, which detects truncation."""
    from safetensors import safe_open

    with safe_open(path, "np"):
        pass


PARTS: dict[str, Callable[[Path], Any]] = {
    "config.json": read_object,
    "tokenizer_config.json": read_object,
    "tokenizer.json": read_tokenizer,
    "model.safetensors": read_header,
}


def load_checkpoint(folder: Path) -> SmilesEncoder:
    """Return the encoder of a checkpoint.

    Raises:
        UserError: a file is absent or damaged, or the files do not belong together.
    """
    for name, reader in PARTS.items():
        if (folder / name).is_file():
            read_part(folder / name, reader)
    try:
        return SmilesEncoder(folder).fit([])
    except (TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise UserError(
            f"{folder}/config.json: describes no encoder ({told(error)}); check that the folder was copied whole"
        ) from error


def check_tokens(encoder: SmilesEncoder, smiles: list[str]) -> None:
    """Raise UserError when the tokenizer of a checkpoint loses more of the molecules than probing allows."""
    from clm.transfer.tokens import encode

    shard = encode(smiles, encoder.tokenizer_, encoder.kind_)
    unknown = np.mean(shard.tokens == encoder.tokenizer_.token_to_id("[UNK]")) * len(shard.tokens)
    fraction = unknown / max(len(shard.tokens) - 2 * len(shard), 1)  # without [CLS] and [SEP]
    molecules, sequences = len(set(smiles)), len({ids.tobytes() for ids in shard.sequences()})
    if fraction > MAX_LOST or 1 - sequences / molecules > MAX_LOST:
        raise UserError(
            f"{encoder.checkpoint}: the tokenizer maps {100 * fraction:.0f} % of the tokens to the unknown one and "
            f"{molecules} molecules to {sequences} sequences; check tokenizer.json, or choose a checkpoint that was "
            "trained on such molecules"
        )


def finite_features(encoder: SmilesEncoder, smiles: list[str], progress: Callable[[int], object]) -> np.ndarray:
    """Return features of canonical SMILES, float32 (n, width); `progress` gets the size of each chunk.

    Raises:
        UserError: the tokenizer gives an id that the model does not have, the model cannot be run, or a feature is not
            finite.
    """
    rows = encoder.model_.config["vocab_size"]
    largest = max(encoder.tokenizer_.get_vocab().values(), default=0)
    if largest >= rows:
        raise UserError(
            f"{encoder.checkpoint}: the tokenizer gives id {largest}, the model has {rows} rows of embeddings; check "
            "that the folder was copied whole"
        )
    try:
        features = encoder.features(smiles, progress)
    except RuntimeError as error:
        if "memory" in str(error).lower():
            raise
        raise UserError(
            f"{encoder.checkpoint}: a forward pass fails ({told(error)}); check that config.json and tokenizer.json "
            "belong to the weights"
        ) from error
    bad = int((~np.isfinite(features).all(axis=1)).sum())
    if bad:
        raise UserError(
            f"{encoder.checkpoint}: features of {bad} of {len(smiles)} molecules are not finite; check its weights"
        )
    return features
