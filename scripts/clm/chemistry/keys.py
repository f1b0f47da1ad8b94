"""Hashes of rows and molecules, without RDKit."""

from hashlib import blake2b


def smiles_key(smiles: str, salt: bytes = b"") -> int:
    """Return the 64-bit identity of a SMILES: the first 8 bytes (big endian) of blake2b, salted."""
    return int.from_bytes(blake2b(smiles.encode(), digest_size=8, salt=salt).digest(), "big")


def chosen(raw: bytes, share: float) -> bool:
    """Return whether a raw row is in the fraction `share` of rows that a sampled corpus keeps, by a hash of the row."""
    return share >= 1 or int.from_bytes(blake2b(raw, digest_size=8, salt=b"thin").digest(), "big") < share * 2**64
