"""Draw a nested subset: the training molecules with the smallest hashes."""

from pathlib import Path
from typing import Any

from clm.chemistry.tables import MOLECULES, batches, table_writer
from clm.provenance.command import UserError, parser, run


def draw_subset(train: Path, config: dict[str, Any], out: Path) -> None:
    """Write the `molecules` smallest keys of the training molecules (key, smiles), which lie in their order.

    Subsets are nested by construction, and adding one moves no other.

    Raises:
        UserError: the corpus has fewer training molecules.
    """
    left = wanted = config["molecules"]
    with table_writer(out, MOLECULES) as writer:
        for batch in batches([train], MOLECULES.names):
            writer.write_batch(batch.slice(0, left))
            left -= min(left, batch.num_rows)
            if not left:
                break
        if left:
            raise UserError(
                f"subset {config['subset']} wants {wanted} molecules, corpus {config['corpus']} has {wanted - left} "
                f"for training: raise corpora.{config['corpus']}.sample_fraction, add sources, or lower "
                f"subsets.{config['subset']}"
            )


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    command.add_argument("--train", type=Path, required=True)
    command.add_argument("--out", type=Path, required=True)
    a = command.parse_args(argv)
    draw_subset(a.train, a.config, a.out)


if __name__ == "__main__":
    run(main)
