"""Control tasks with known truth: properties that RDKit computes for held-out molecules of a corpus, plus noise.

A study that detects no gain here could not detect one elsewhere; label noise of known size shows how much of a
saturation is due to the labels rather than to the representation.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from rdkit import Chem
from rdkit.Chem import QED, Crippen, rdMolDescriptors

from clm.chemistry.identity import identity
from clm.provenance.command import UserError
from clm.tasks.molecules import read_molecule, scaffold_of
from clm.tasks.prepare import Molecule

AMIDE = Chem.MolFromSmarts("[CX3](=[OX1])[NX3]")

PROPERTIES: dict[str, Callable[[Chem.Mol], float]] = {
    "logp": Crippen.MolLogP,
    "tpsa": rdMolDescriptors.CalcTPSA,
    "rings": rdMolDescriptors.CalcNumRings,
    "qed": QED.qed,
    "amides": lambda mol: len(mol.GetSubstructMatches(AMIDE)),
}


def control_molecules(
    smiles: list[str], control: Mapping[str, Any], name: str
) -> tuple[list[Molecule], dict[str, float]]:
    """Return the first `molecules` of a corpus' validation set with computed labels, and the noise.

    The validation set is ordered by hash, so its head is a random sample and smaller tasks lie inside larger ones.

    Args:
        smiles: canonical SMILES of the validation set, in its order.
        control: `property`, `molecules` (number), `noise` (SD of the added noise in SDs of the property), `seed`.
        name: of the task, for messages.

    Returns:
        Molecules, and `property_sd`, `noise_sd` in units of the property. No model can have an RMSE below `noise_sd`.

    Raises:
        UserError: the validation set is too small.
    """
    wanted = control["molecules"]
    if len(smiles) < wanted:
        raise UserError(
            f"task {name}: asks for {wanted} molecules, the validation set of {control['corpus']} has {len(smiles)}; "
            f"lower tasks.{name}.control.molecules or hold out more molecules of the corpus"
        )
    mols = [read_molecule(text)[0] for text in smiles[:wanted]]
    truth = np.array([PROPERTIES[control["property"]](mol) for mol in mols], dtype=np.float64)
    noise_sd = float(control["noise"] * truth.std())
    labels = truth + noise_sd * np.random.default_rng(control["seed"]).standard_normal(wanted)
    molecules = [
        Molecule(row, text, text, scaffold_of(mol), identity(text), (float(label),))
        for row, (text, mol, label) in enumerate(zip(smiles[:wanted], mols, labels, strict=True))
    ]
    return molecules, {"property_sd": float(truth.std()), "noise_sd": noise_sd}
