"""Molecules of task tables: parsed and canonicalized, nothing else.

Stripping salts or dropping duplicates here would change published splits, which are defined on the source's SMILES.
"""

from typing import NamedTuple

from rdkit import Chem, RDLogger
from rdkit.Chem.Scaffolds import MurckoScaffold

from clm.chemistry.identity import clear_atom_maps, identity, stable_smiles
from clm.chemistry.reader.sdf import is_mol_block
from clm.chemistry.standardize import parse, too_long

RDLogger.DisableLog("rdApp.*")
# The time that RDKit takes grows with the third power of the length: a second at 2000 characters, a minute at 10 000.
# The longest SMILES of MoleculeNet and the ADMET sets has 1340.
MAX_CHARACTERS = 2000


class Read(NamedTuple):
    """The molecule of a row: SMILES for models, SMILES of the source, scaffold, identity, whether it had atom maps."""

    smiles: str
    source_smiles: str
    scaffold: str
    identity: str
    mapped: bool


def read_molecule(source: str) -> tuple[Chem.Mol | None, str | None]:
    """Return (molecule without atom maps, None) or (None, reason): empty, too_long, unparsable or no_atoms."""
    text = source.strip() if not is_mol_block(source) else source
    if not text:
        return None, "empty"
    if too_long(text.encode(), MAX_CHARACTERS):
        return None, "too_long"
    mol = parse(text)
    if mol is None:
        return None, "unparsable"
    return (mol, None) if mol.GetNumAtoms() else (None, "no_atoms")


def read_row(raw: bytes) -> tuple[Read | None, str | None]:
    """Return the parsed SMILES or mol block, or why it cannot be used; a function for `Guard`."""
    text = raw.decode("utf-8")
    mol, reason = read_molecule(text)
    if mol is None:
        return None, reason
    mapped = clear_atom_maps(mol)
    smiles = stable_smiles(mol, None if mapped else text)
    if smiles is None:
        return None, "not_readable_again"
    source = smiles if is_mol_block(text) else text
    return Read(smiles, source, scaffold_of(mol), identity(smiles), mapped), None


def scaffold_of(mol: Chem.Mol) -> str:
    """Return the Bemis-Murcko scaffold without stereo as SMILES; empty for an acyclic molecule.

    It must be computed from the SMILES of the source: another SMILES of the same molecule can give another scaffold
    SMILES, and the scaffold split of DeepChem is defined on the source.
    """
    return MurckoScaffold.MurckoScaffoldSmiles(mol=mol, includeChirality=False)
