"""The command line of figure scripts: tables in, PDF and PNG out."""

import argparse
from pathlib import Path

from clm.provenance.command import parser


def figure_parser(description: str | None, *tables: str) -> argparse.ArgumentParser:
    """Return the parser of all scripts with a path for each named table, `--pdf` and `--png`."""
    command = parser(description)
    for name in (*tables, "pdf", "png"):
        command.add_argument(f"--{name}", type=Path, required=True)
    return command
