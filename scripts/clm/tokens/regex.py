"""Atom-level tokens of SMILES (Schwaller et al., ACS Cent. Sci. 2019, 5, 1572) and their classes.

Extended by tokens that OpenSMILES and RDKit also write: dative bonds `->` and `<-`, ring closures from %(100) on.
"""

import re

ATOMS = (
    r"\[[^\]]+\]|Br?|Cl?|N|O|S|P|F|I|b|c|n|o|s|p|\(|\)|\.|=|#|->|<-|-|\+|\\|/|:|~|@|\?|>|\*|\$|%[0-9]{2}"
    r"|%\([0-9]+\)|[0-9]"
)
PATTERN = re.compile(ATOMS)
SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PAD, UNK, CLS, SEP, MASK = range(5)
CLASSES = ("carbon", "heteroatom", "grammar", "bracket", "special")


def split(smiles: str) -> list[str]:
    """Return the tokens of a SMILES; characters outside the pattern are skipped."""
    return PATTERN.findall(smiles)


def token_class(token: str) -> str:
    """Return carbon, heteroatom, grammar (bonds, branches, ring closures, dots), bracket (bracket atoms) or special."""
    if token in SPECIALS:
        return "special"
    if token.startswith("["):
        return "bracket"
    if token in ("C", "c"):
        return "carbon"
    return "heteroatom" if token[0].isalpha() or token == "*" else "grammar"
