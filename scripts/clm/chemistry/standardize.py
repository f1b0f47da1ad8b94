"""One standard SMILES per molecule; every raw row is kept or rejected with a reason."""

from collections.abc import Callable
from typing import Any

from rdkit import Chem, RDLogger
from rdkit.Chem.MolStandardize import rdMolStandardize

from clm.chemistry.identity import clear_atom_maps, molecule_of, stable_smiles
from clm.chemistry.reader.sdf import aligned, is_mol_block

RDLogger.DisableLog("rdApp.*")
# A mol block has a line of some 70 characters for each atom and one of some 20 for each bond
BLOCK_CHARACTERS = 100
MAPPED = "atom_maps"
# A molecule whose SMILES has none of these has no charge
CHARGES = frozenset("+-")


def parse(text: str) -> Chem.Mol | None:
    """Return the molecule of a SMILES or of a mol block, or None when RDKit cannot read it.

    Printable ASCII without blanks is passed to RDKit directly: a regular expression took 1/14 of its time.
    """
    if text and text.isascii() and text.isprintable() and " " not in text:
        return Chem.MolFromSmiles(text)
    return Chem.MolFromMolBlock(aligned(text)) if is_mol_block(text) else molecule_of(text)


def too_long(text: bytes, longest: int) -> bool:
    """Return whether a SMILES or a mol block has too many characters to be passed to RDKit."""
    return len(text) > longest * (BLOCK_CHARACTERS if b"M  END" in text else 1)


def standardizer(settings: dict[str, Any]) -> Callable[[bytes], tuple[str | None, str | None]]:
    """Return a function that maps a raw row to (standard SMILES, None or a remark) or (None, reason for rejection).

    The remark `atom_maps` means that atom map numbers were removed.

    Args:
        settings: `max_characters` of raw and standard SMILES (checked before RDKit sees the row), `largest_fragment`
            and `neutralize` flags.
    """
    longest = settings["max_characters"]
    fragment = rdMolStandardize.LargestFragmentChooser() if settings.get("largest_fragment") else None
    uncharger = rdMolStandardize.Uncharger() if settings.get("neutralize") else None

    def standardize(raw: bytes) -> tuple[str | None, str | None]:
        if not raw:
            return None, "empty"
        if len(raw) > longest and too_long(raw, longest):
            return None, "too_long"
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            return None, "not_utf8"
        text = text if is_mol_block(text) else text.strip()
        mol = parse(text)
        if mol is None:
            return None, "unparsable"
        # Without a colon, or the lines of a mol block, no atom has a map number
        mapped = (":" in text or "\n" in text) and clear_atom_maps(mol)
        if fragment:
            mol = fragment.choose(mol)
        if uncharger:
            mol = uncharger.uncharge(mol)
        if not mol.GetNumAtoms():
            return None, "no_atoms"
        changed = mapped or (fragment and "." in text) or (uncharger and not CHARGES.isdisjoint(text))
        smiles = stable_smiles(mol, None if changed else text)
        if smiles is None:
            return None, "not_readable_again"
        return (smiles, MAPPED if mapped else None) if len(smiles) <= longest else (None, "too_long")

    return standardize
