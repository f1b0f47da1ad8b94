"""Draw a nested subset: the training molecules with the smallest hashes."""

from pathlib import Path
from typing import Any

from clm.chemistry.tables import copy_query
from clm.provenance.command import UserError, parser, run

SMALLEST = "SELECT key, smiles FROM read_parquet($train) ORDER BY key, smiles LIMIT $molecules"


def draw_subset(train: Path, config: dict[str, Any], memory_mb: int, out: Path) -> None:
    """Write the `molecules` smallest keys of the training molecules (key, smiles).

    Subsets are nested by construction, and adding one moves no other.

    Raises:
        UserError: the corpus has fewer training molecules.
    """
    drawn = copy_query(SMALLEST, out, memory_mb, train=str(train), molecules=config["molecules"])
    if drawn < config["molecules"]:
        out.unlink()
        raise UserError(
            f"subset {config['subset']} wants {config['molecules']} molecules, corpus {config['corpus']} has {drawn} "
            f"for training: raise corpora.{config['corpus']}.thin, add sources, or lower subsets.{config['subset']}"
        )


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    command.add_argument("--train", type=Path, required=True)
    command.add_argument("--out", type=Path, required=True)
    command.add_argument(
        "--memory", type=int, required=True, help="of the job in MB; the database spills to disk beyond it"
    )
    a = command.parse_args(argv)
    draw_subset(a.train, a.config, a.memory, a.out)


if __name__ == "__main__":
    run(main)
