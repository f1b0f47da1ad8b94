"""Recognize SMILES, also in a line with a name."""

import re

# Printable ASCII without blanks, optionally with a CXSMILES extension. RDKit accepts more than that, but ignores what
# follows a blank and other characters at both ends: part of the text would be taken for the molecule.
SMILES = re.compile(r"[!-~]+(?:\s+\|[ -{}~]*\|)?", re.ASCII)


def without_name(line: bytes) -> bytes:
    """Return the SMILES of a line `SMILES name`, with its CXSMILES extension; for tables without header."""
    first, *rest = line.split(None, 1) or [b""]
    if not rest or not rest[0].startswith(b"|"):
        return first
    inner, end, _ = rest[0][1:].partition(b"|")
    return first + b" |" + inner + end
