"""Features from elsewhere: a table of embeddings by SMILES."""

from pathlib import Path

import numpy as np

from clm.provenance.command import UserError


def table_features(smiles: list[str], path: Path, name: str) -> np.ndarray:
    """Return embeddings of molecules looked up by SMILES in a table, float64 (n, width).

    Args:
        smiles: canonical SMILES of the task.
        path: Parquet or CSV with a column `smiles` and numeric columns, or NPY (n, width) beside a text file of one
            SMILES per line (`x.npy` and `x.smi`).
        name: of the entry in the configuration, for messages.

    Raises:
        UserError: the file cannot be read, or lacks molecules of the task.
    """
    from rdkit import Chem, RDLogger

    RDLogger.DisableLog("rdApp.*")
    keys, values = read_embeddings(path, name)
    places: dict[str, int] = {}
    for row, text in enumerate(keys):
        mol = Chem.MolFromSmiles(str(text))
        if mol is not None:
            places.setdefault(Chem.MolToSmiles(mol), row)
    absent = [text for text in smiles if text not in places]
    if absent:
        raise UserError(
            f"external_embeddings.{name}: {path} lacks {len(absent)} of {len(smiles)} molecules of the task, the "
            f"first is {absent[0]}; add them or leave the task out"
        )
    return values[[places[text] for text in smiles]]


def read_embeddings(path: Path, name: str) -> tuple[list[str], np.ndarray]:
    """Return SMILES and their embeddings (n, width)."""
    import pandas as pd

    try:
        if path.suffix == ".npy":
            lines = path.with_suffix(".smi").read_text(encoding="utf-8").split("\n")
            keys = [line.strip() for line in lines if line.strip()]
            values = np.load(path, allow_pickle=False).astype(np.float64)
        else:
            table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
            keys, values = table["smiles"].tolist(), table.drop(columns="smiles").to_numpy(dtype=np.float64)
        if values.ndim != 2 or len(values) != len(keys) or not np.isfinite(values).all():
            raise ValueError(f"{len(keys)} SMILES, numbers of shape {values.shape}, all must be finite")
    except (OSError, ValueError, TypeError, KeyError, EOFError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(
            f"external_embeddings.{name}: {path} cannot be read ({reason}); needed: Parquet or CSV with a column "
            "`smiles` and numeric columns, or NPY with a .smi file beside it"
        ) from error
    return keys, values
