"""Counts of specified and unspecified stereochemistry in the SMILES of a task."""

from collections import defaultdict

from rdkit import Chem

MARKS = set("@/\\")


def stereo_counts(smiles: list[str]) -> dict[str, int]:
    """Return counts over distinct molecules.

    Args:
        smiles: canonical SMILES.

    Returns:
        marked: with any stereo mark; open_centres: with an unspecified stereocentre; only_stereo: different from
        another molecule of the task only in stereochemistry.
    """
    unique = list(dict.fromkeys(smiles))
    flat: dict[str, int] = defaultdict(int)
    open_centres = 0
    for text in unique:
        mol = Chem.MolFromSmiles(text)
        centres = Chem.FindMolChiralCenters(mol, includeUnassigned=True, useLegacyImplementation=True)
        open_centres += any(label == "?" for _, label in centres)
        flat[Chem.MolToSmiles(mol, isomericSmiles=False)] += 1
    return {
        "marked": sum(bool(MARKS & set(text)) for text in unique),
        "open_centres": open_centres,
        "only_stereo": sum(count for count in flat.values() if count > 1),
    }
