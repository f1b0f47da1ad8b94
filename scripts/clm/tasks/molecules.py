"""SMILES of task tables: parsed and canonicalized, nothing else.

Stripping salts or dropping duplicates here would change published splits: they are made on what the source wrote.
"""

from rdkit import Chem, RDLogger
from rdkit.Chem.Scaffolds import MurckoScaffold

RDLogger.DisableLog("rdApp.*")
# The time that RDKit takes grows with the third power of the length: a second at 2000 characters, a minute at 10 000.
# The longest SMILES of MoleculeNet and the ADMET sets has 1340.
MAX_CHARACTERS = 2000


def read_molecule(source_smiles: str) -> tuple[Chem.Mol | None, str | None]:
    """Return (molecule, None) or (None, reason): empty, too_long, unparsable or no_atoms."""
    text = source_smiles.strip()
    if not text:
        return None, "empty"
    if len(text) > MAX_CHARACTERS:
        return None, "too_long"
    mol = Chem.MolFromSmiles(text)
    if mol is None:
        return None, "unparsable"
    return (mol, None) if mol.GetNumAtoms() else (None, "no_atoms")


def scaffold_of(mol: Chem.Mol) -> str:
    """Return the Bemis-Murcko scaffold without stereo as SMILES; empty for an acyclic molecule.

    It must come from the molecule as the source wrote it: perceiving another SMILES of the same molecule can give
    another scaffold SMILES, and the scaffold split of DeepChem is defined on the source.
    """
    return MurckoScaffold.MurckoScaffoldSmiles(mol=mol, includeChirality=False)
