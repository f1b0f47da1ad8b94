"""Describe one task: sizes, graph diameter, scaffold diversity, label statistics and roughness."""

from pathlib import Path
from typing import Any

from clm.provenance.command import parser, run
from clm.provenance.files import write_json
from clm.tasks.descriptors import describe
from clm.tasks.table import load_task


def describe_task(molecules: Path, config: dict[str, Any], out: Path) -> None:
    """Write descriptors.json of a task.

    Args:
        molecules: molecules.csv of the task.
        config: `kind` and `labels`.
        out: descriptors.json.
    """
    write_json(out, describe(load_task(molecules, config["labels"]), config["kind"]))


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    command.add_argument("--molecules", type=Path, required=True)
    command.add_argument("--out", type=Path, required=True)
    a = command.parse_args(argv)
    describe_task(a.molecules, a.config, a.out)


if __name__ == "__main__":
    run(main)
