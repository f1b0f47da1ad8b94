"""The identity of a molecule, without RDKit."""

from hashlib import blake2b


def smiles_key(smiles: str, salt: bytes = b"") -> int:
    """Return the 64-bit identity of a SMILES: the first 8 bytes (big endian) of blake2b, salted."""
    return int.from_bytes(blake2b(smiles.encode(), digest_size=8, salt=salt).digest(), "big")
