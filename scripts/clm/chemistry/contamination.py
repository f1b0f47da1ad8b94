"""Which molecules of a corpus are molecules of a task, by the connectivity block of the InChIKey."""

from collections.abc import Iterable

from rdkit import Chem, RDLogger

RDLogger.DisableLog("rdApp.*")


def skeleton_key(mol: Chem.Mol) -> str:
    """Return the first block of the InChIKey: the same for stereoisomers, charges of H and mobile-H tautomers."""
    return Chem.MolToInchiKey(mol)[:14]


class Contamination:
    """The molecules of a list of tasks; tells whether a molecule is one of them."""

    def __init__(self, smiles: Iterable[str]) -> None:
        """Index the largest fragments and whole molecules of the tasks' SMILES (canonical, parsable)."""
        mols = [
            mol for text in smiles for fragment in {text, *text.split(".")} if (mol := Chem.MolFromSmiles(fragment))
        ]
        self.sizes = {mol.GetNumHeavyAtoms() for mol in mols}
        self.keys = {key for mol in mols if (key := skeleton_key(mol))}

    def __contains__(self, smiles: str) -> bool:
        """Whether a SMILES shares its skeleton with a task molecule; InChI is computed only when sizes match."""
        mol = Chem.MolFromSmiles(smiles)
        if mol is None or mol.GetNumHeavyAtoms() not in self.sizes:
            return False
        return skeleton_key(mol) in self.keys
