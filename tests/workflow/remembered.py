"""What the digest of code says of unedited files, so that a plan parses only what was edited; plugins of Snakemake.

Imported once by the server of `planning`; a plan asks by the content of a file, and computes what is not known.
"""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from snakemake.cli import get_argument_parser

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
FUNCTIONS = ("module_digest", "imported_names")  # of one file, and of nothing but its content


def load() -> ModuleType:
    """Import the module of digests under a name of its own: plans import the one of their folder."""
    spec = importlib.util.spec_from_file_location("digest_of_tests", SCRIPTS / "clm" / "provenance" / "digest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


get_argument_parser()  # imports the plugins, a fifth of a plan
OURS = load()
KNOWN = {(name, path.read_bytes()): getattr(OURS, name)(path) for path in SCRIPTS.rglob("*.py") for name in FUNCTIONS}


def remember(digest: ModuleType) -> None:
    """Let the functions of a module of digests look here first."""
    for name in FUNCTIONS:
        setattr(digest, name, remembering(name, getattr(digest, name)))


def remembering(name: str, compute: Callable[[Path], Any]) -> Callable[[Path], Any]:
    """Return a function that knows the answers for unedited files."""

    def answer(path: Path) -> Any:
        key = (name, path.read_bytes())
        return KNOWN[key] if key in KNOWN else compute(path)

    return answer
