"""Measure the masked-LM loss of an external model on the validation molecules of a corpus."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from clm.provenance.command import run
from clm.provenance.files import write_json
from clm.transfer.external_loss import external_loss


def measure_external_loss(molecules: Path, settings: dict[str, Any], out: Path) -> None:
    """Write the loss per masked token and per character.

    Args:
        molecules: validation molecules (smiles, key).
        settings: `name`, `mask_fraction`, and the entry of external_models.
        out: JSON.
    """
    table = pq.read_table(molecules, columns=["smiles", "key"])
    smiles, keys = table["smiles"].to_pylist(), table["key"].to_numpy()
    write_json(out, external_loss(smiles, keys, settings, settings["mask_fraction"], settings["name"]))


if __name__ == "__main__":
    run(measure_external_loss)
