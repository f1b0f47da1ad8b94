"""Find the molecules of a corpus that are molecules of a task, ignoring stereochemistry."""

from collections.abc import Iterable

from rdkit import Chem, RDLogger

from clm.chemistry.identity import skeleton

RDLogger.DisableLog("rdApp.*")


class Contamination:
    """The molecules of a list of tasks, with a membership test."""

    def __init__(self, smiles: Iterable[str]) -> None:
        """Index the fragments and whole molecules of the tasks' SMILES (canonical, parsable)."""
        mols = [
            mol for text in smiles for fragment in {text, *text.split(".")} if (mol := Chem.MolFromSmiles(fragment))
        ]
        self.sizes = {mol.GetNumHeavyAtoms() for mol in mols}
        self.keys = {skeleton(mol) for mol in mols}

    def __contains__(self, smiles: str) -> bool:
        """Return whether a SMILES shares its skeleton with a task molecule; InChI is computed only when sizes match."""
        mol = Chem.MolFromSmiles(smiles)
        if mol is None or mol.GetNumHeavyAtoms() not in self.sizes:
            return False
        return skeleton(mol) in self.keys
