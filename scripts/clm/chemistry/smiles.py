"""Which text is a SMILES, and which part of a line with a name is."""

import re

# Printable ASCII without blanks, and perhaps the extension of a CXSMILES. RDKit reads more than that, but leaves out
# what follows a blank and other characters at both ends: a part of the text would pass for the molecule.
SMILES = re.compile(r"[!-~]+(?:\s+\|[ -{}~]*\|)?", re.ASCII)


def without_name(line: bytes) -> bytes:
    """Return the SMILES of a line `SMILES name`, with its CXSMILES extension; for tables without header."""
    first, *rest = line.split(None, 1) or [b""]
    if not rest or not rest[0].startswith(b"|"):
        return first
    inner, end, _ = rest[0][1:].partition(b"|")
    return first + b" |" + inner + end
