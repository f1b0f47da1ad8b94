"""Write features of molecules: the mean-pooled last hidden states of a checkpoint.

python scripts/embed.py results/default/pretrain/zinc/800k/64k/seed0/1300k molecules.csv --out features.parquet
"""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
from clm.predict.checkpoint import check_tokens, finite_features, load_checkpoint
from clm.predict.queries import read_molecules
from clm.predict.targets import check_file
from clm.provenance.command import UserError, run
from clm.provenance.files import write_parquet
from clm.tasks.queries import Queries
from tqdm import tqdm

log = logging.getLogger(__name__)


def embed(checkpoint: Path, molecules: Path, /, out: Path, smiles: str | None = None) -> None:
    """Write a Parquet table with a row per row of `molecules`: smiles, reason (if rejected), h0, h1, ...

    Args:
        checkpoint: folder of a checkpoint.
        molecules: table with a column of SMILES.
        out: Parquet file of features; those of rejected rows are missing.
        smiles: name of the column; by default smiles, SMILES, Smiles or canonical_smiles, the structure of an SDF, or
            the first column of a .smi file. In a table without header, its position from 0.

    Raises:
        UserError: the checkpoint or the table cannot be read, features are not finite, the tokenizer loses too many
            tokens, or `out` cannot be written or is not a Parquet file.
    """
    if out.suffix != ".parquet":
        raise UserError(f"--out {out}: features are written as Parquet; give it a name that ends in .parquet")
    check_file("--out", out, molecules)
    queries = read_molecules(molecules, smiles)
    encoder = load_checkpoint(checkpoint)
    usable = queries.usable
    readable = [queries.smiles[row] for row in usable]
    check_tokens(encoder, readable)
    with tqdm(total=len(usable), unit="molecules", disable=None) as bar:
        features = finite_features(encoder, readable, bar.update)
    write_parquet(out, table(queries, features, encoder.get_feature_names_out()))
    log.info("%d molecules, %d rows rejected: %s", len(usable), len(queries.reasons) - len(usable), out)


def table(queries: Queries, features: np.ndarray, names: np.ndarray) -> pd.DataFrame:
    """Return a row per query: its SMILES, the reason for rejection (missing if accepted), features float32."""
    rows = pd.DataFrame({"smiles": queries.source_smiles, "reason": [reason or None for reason in queries.reasons]})
    values = pd.DataFrame(features, columns=names, index=queries.usable)
    return rows.join(values)


if __name__ == "__main__":
    run(embed)
