"""Identity of molecules, and the one SMILES that represents each."""

import re

from rdkit import Chem, RDLogger

from clm.chemistry.smiles import SMILES

RDLogger.DisableLog("rdApp.*")
MOST_ROUNDS = 20
# Canonical SMILES without stereochemistry, metals, aromatic ions, unusual bonds or valences
PLAIN = re.compile(
    r"(?:[BCNOPSFIcnos=#().0-9]|Cl|Br|\[(?:nH|N[+]|NH[+]|NH2[+]|NH3[+]|NH4[+]|O-|S-|OH-|Cl-|Br-|I-|Na[+]|K[+])\])+"
)
# Content of a SMILES that the canonical one leaves out
UNUSUAL = frozenset("@/\\| \t\n*~$:")
# The canonical SMILES of an aromatic or symmetric cage of more rings may depend on how it was written
FEW_RINGS = 2
# Bonds that InChI cannot represent
BEYOND_INCHI = {
    Chem.BondType.DATIVE,
    Chem.BondType.DATIVEL,
    Chem.BondType.DATIVER,
    Chem.BondType.DATIVEONE,
    Chem.BondType.ZERO,
    Chem.BondType.HYDROGEN,
    Chem.BondType.QUADRUPLE,
}


def molecule_of(text: str) -> Chem.Mol | None:
    """Return the molecule of a SMILES, or None when a part of the text is no SMILES or RDKit cannot read it."""
    return Chem.MolFromSmiles(text) if SMILES.fullmatch(text) else None


def clear_atom_maps(mol: Chem.Mol) -> bool:
    """Remove the atom map numbers of a molecule in place, and return whether it had any.

    They number the atoms of a reaction and are not part of a molecule.
    """
    mapped = [atom for atom in mol.GetAtoms() if atom.GetAtomMapNum()]
    for atom in mapped:
        atom.SetAtomMapNum(0)
    return bool(mapped)


def surely_stable(mol: Chem.Mol, source: str, smiles: str) -> bool:
    """Return whether a canonical SMILES is known to be its own canonical SMILES without reading it again.

    It is if it equals its source, or if the molecule has no stereochemistry and at most two rings: then refining the
    ranks of atoms by those of their neighbours, as RDKit does, distinguishes all atoms that no symmetry exchanges, and
    whether a ring is aromatic does not depend on where its double bonds are drawn.

    Args:
        mol: the molecule as read.
        source: the SMILES that it was read from.
        smiles: its canonical SMILES.
    """
    if smiles == source:
        return True
    rings = mol.GetNumBonds() - mol.GetNumAtoms() + smiles.count(".") + 1
    return rings <= FEW_RINGS and UNUSUAL.isdisjoint(source) and PLAIN.fullmatch(smiles) is not None


def stable_smiles(mol: Chem.Mol, source: str | None = None) -> str | None:
    """Return the canonical isomeric SMILES that is its own canonical SMILES, or None when RDKit cannot read it back.

    The canonical SMILES of some molecules (aromatic cages, for example) reads back as a molecule with another canonical
    SMILES. Writing and reading are repeated until the SMILES is stable; if it cycles, the alphabetically first SMILES
    of the cycle is returned.

    Args:
        mol: the molecule.
        source: the SMILES that the molecule was read from, if it is unchanged since: many need not be read again.
    """
    smiles = Chem.MolToSmiles(mol)
    if source is not None and surely_stable(mol, source, smiles):
        return smiles
    seen: list[str] = []
    while smiles not in seen and len(seen) < MOST_ROUNDS:
        seen.append(smiles)
        again = Chem.MolFromSmiles(smiles)
        if again is None:
            return None
        smiles = Chem.MolToSmiles(again)
    return min(seen[seen.index(smiles) :]) if smiles in seen else smiles


def canonical_smiles(smiles: str) -> str | None:
    """Return the stable canonical SMILES without atom maps, or None when RDKit cannot read it or finds no atom."""
    mol = molecule_of(smiles)
    if mol is None or not mol.GetNumAtoms():
        return None
    mapped = clear_atom_maps(mol)
    return stable_smiles(mol, None if mapped else smiles)


def inchi_key(mol: Chem.Mol) -> str | None:
    """Return the standard InChIKey, or None if InChI cannot represent it: any-atoms, dative and other special bonds."""
    if any(atom.GetAtomicNum() == 0 for atom in mol.GetAtoms()):
        return None
    if any(bond.GetBondType() in BEYOND_INCHI for bond in mol.GetBonds()):
        return None
    return Chem.MolToInchiKey(mol) or None


def identity(smiles: str) -> str:
    """Return the identifier that equal molecules share: the standard InChIKey if there is one, else the stable SMILES.

    It defines duplicates, random splits, leakage and label noise.

    Args:
        smiles: stable canonical SMILES.
    """
    mol = Chem.MolFromSmiles(smiles)
    return (mol is not None and inchi_key(mol)) or smiles


def skeleton(mol: Chem.Mol) -> str:
    """Return the identifier that a molecule shares with its stereoisomers, and mostly with its tautomers and ions.

    It is the first block of the InChIKey, or the SMILES without stereochemistry if there is no InChIKey.
    """
    key = inchi_key(mol)
    return key[:14] if key else Chem.MolToSmiles(mol, isomericSmiles=False)
