"""The kinds of tokens, each declared once: the text that its tokenizer reads, and what a token of it is."""

from collections.abc import Callable
from dataclasses import dataclass

from clm.tokens.regex import ATOMS


@dataclass(frozen=True)
class Kind:
    """A kind of tokens, chosen by `tokenizer.kind`.

    Attributes:
        pattern: regular expression of a token; None where tokens are learnt from the texts (byte-pair encoding).
        text: from SMILES to the text, None for a molecule that it cannot express; None for the SMILES itself.
        scanned: whether `clm.tokens.scan` finds the tokens of these texts.
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
