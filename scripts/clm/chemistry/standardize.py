"""One standard SMILES per molecule; every raw row is kept or rejected with a reason."""

from collections.abc import Callable
from typing import Any

from rdkit import Chem, RDLogger
from rdkit.Chem.MolStandardize import rdMolStandardize

RDLogger.DisableLog("rdApp.*")


def canonical_smiles(smiles: str) -> str | None:
    """Return the canonical isomeric SMILES, or None when RDKit cannot read it or finds no atom."""
    mol = Chem.MolFromSmiles(smiles) if smiles else None
    return Chem.MolToSmiles(mol) if mol is not None and mol.GetNumAtoms() else None


def standardizer(settings: dict[str, Any]) -> Callable[[bytes], tuple[str | None, str | None]]:
    """Return a function from a raw row to (standard SMILES, None) or (None, reason of the rejection).

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
        if len(raw) > longest:
            return None, "too_long"
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            return None, "not_utf8"
        mol = Chem.MolFromSmiles(text)
        if mol is None:
            return None, "unparsable"
        if fragment:
            mol = fragment.choose(mol)
        if uncharger:
            mol = uncharger.uncharge(mol)
        if not mol.GetNumAtoms():
            return None, "no_atoms"
        smiles = Chem.MolToSmiles(mol)
        return (smiles, None) if len(smiles) <= longest else (None, "too_long")

    return standardize
