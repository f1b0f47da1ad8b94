"""Write features of molecules: the mean-pooled last hidden states of a checkpoint.

python scripts/embed.py results/default/pretrain/zinc/800k/32k/seed0/800k molecules.csv --out features.parquet
"""

import argparse
import logging
from pathlib import Path

import numpy as np
import pandas as pd
from clm.provenance.command import run
from clm.provenance.files import write_parquet
from clm.tasks.queries import Queries, read_queries
from clm.transfer.encoder import SmilesEncoder
from tqdm import tqdm

log = logging.getLogger(__name__)


def embed_table(checkpoint: Path, molecules: Path, column: str | None, out: Path) -> None:
    """Write a Parquet table with a row per row of `molecules`: smiles, reason (where rejected), h0, h1, ...

    Args:
        checkpoint: folder of a checkpoint.
        molecules: table with a column of SMILES.
        column: its name; None for a usual one.
        out: the table of features; those of rejected rows are missing.

    Raises:
        UserError: the checkpoint or the table cannot be read.
    """
    queries = read_queries(molecules, column)
    encoder = SmilesEncoder(checkpoint).fit([])
    usable = queries.usable
    with tqdm(total=len(usable), unit="molecules", disable=None) as bar:
        features = encoder.features([queries.smiles[row] for row in usable], bar.update)
    write_parquet(out, table(queries, features, encoder.get_feature_names_out()))
    log.info("%d molecules, %d rows rejected: %s", len(usable), len(queries.reasons) - len(usable), out)


def table(queries: Queries, features: np.ndarray, names: np.ndarray) -> pd.DataFrame:
    """Return a row per query: its SMILES, why it was rejected (missing where it was not), features float32."""
    rows = pd.DataFrame({"smiles": queries.source_smiles, "reason": [reason or None for reason in queries.reasons]})
    values = pd.DataFrame(features, columns=names, index=queries.usable)
    return rows.join(values)


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    command.add_argument("checkpoint", type=Path, help="folder of a checkpoint")
    command.add_argument("molecules", type=Path, help="table with a column of SMILES")
    command.add_argument("--smiles", help="name of that column; by default smiles, SMILES, Smiles or canonical_smiles")
    command.add_argument("--out", type=Path, required=True, help="Parquet file")
    a = command.parse_args(argv)
    embed_table(a.checkpoint, a.molecules, a.smiles, a.out)


if __name__ == "__main__":
    run(main)
