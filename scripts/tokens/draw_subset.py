"""Draw a nested subset: the training molecules with the smallest hashes."""

from pathlib import Path
from typing import Any

from clm.chemistry.tables import MOLECULES, batches, table_writer
from clm.provenance.command import UserError, run


def draw_subset(train: Path, settings: dict[str, Any], out: Path) -> None:
    """Write the `molecules` training molecules with the smallest keys (key, smiles); the input is sorted by key.

    Subsets are nested by construction, and adding one does not change the others.

    Raises:
        UserError: the corpus has fewer training molecules.
    """
    left = wanted = settings["molecules"]
    with table_writer(out, MOLECULES) as writer:
        for batch in batches([train], MOLECULES.names):
            writer.write_batch(batch.slice(0, left))
            left -= min(left, batch.num_rows)
            if not left:
                break
        if left:
            raise UserError(
                f"subset {settings['subset']} wants {wanted} molecules, corpus {settings['corpus']} has "
                f"{wanted - left} for training: raise corpora.{settings['corpus']}.sample_fraction, add sources, "
                f"or lower "
                f"subsets.{settings['subset']}"
            )


if __name__ == "__main__":
    run(draw_subset)
