"""All two-dimensional descriptors of RDKit as one table."""

import numpy as np
from rdkit import Chem
from rdkit.Chem import Descriptors


def rdkit_descriptors(smiles: list[str]) -> np.ndarray:
    """Return RDKit's descriptors, float32 (n, about 217), 0 where undefined.

    Values are sign(x) log(1 + |x|): some (Ipc) span many orders of magnitude, which harms linear models; trees use only
    their order.
    """
    names = [name for name, _ in Descriptors.descList]
    rows = []
    for text in smiles:
        values = Descriptors.CalcMolDescriptors(Chem.MolFromSmiles(text), missingVal=np.nan, silent=True)
        rows.append([values[name] for name in names])
    table = np.array(rows, dtype=np.float64).reshape(len(smiles), len(names))
    table[~np.isfinite(table)] = 0
    return (np.sign(table) * np.log1p(np.abs(table))).astype(np.float32)
