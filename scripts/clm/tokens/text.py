"""The kinds of tokens, each declared once: the text that its tokenizer reads, and the pattern of a token."""

from collections.abc import Callable
from dataclasses import dataclass

from clm.tokens.regex import ATOMS


@dataclass(frozen=True)
class Kind:
    """A kind of tokens, chosen by `tokenizer.kind`.

    Attributes:
        pattern: regular expression of a token; None if tokens are learned from the texts (byte-pair encoding).
        text: function from SMILES to the text, or to None if it cannot express a molecule; None for SMILES itself.
        scanned: whether `clm.tokens.scan` can tokenize these texts.
    """

    pattern: str | None
    text: Callable[[str], str | None] | None = None
    scanned: bool = True


def selfies_text(smiles: str) -> str | None:
    """Return SELFIES (Krenn et al. 2020), or None if it cannot express the molecule."""
    import selfies

    try:
        return selfies.encoder(smiles)
    except selfies.EncoderError:
        return None


KINDS = {
    "atoms": Kind(ATOMS),
    "selfies": Kind(r"\[[^\]]+\]|\.", selfies_text),
    "bpe": Kind(None),
    "characters": Kind(".", scanned=False),
}


def represent(smiles: str, kind: str) -> str | None:
    """Return the text of a molecule for a kind of tokens; None if it cannot express the molecule."""
    text = KINDS[kind].text
    return text(smiles) if text else smiles
