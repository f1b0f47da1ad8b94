"""Which external models come from a hub, and where they lie once they are fetched."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

MAIN = "main"


def is_remote(entry: Mapping[str, Any]) -> bool:
    """Whether an entry of external_models names a model on a hub rather than a folder here."""
    return not Path(entry["model"]).is_dir()


def folder_name(entry: Mapping[str, Any]) -> str:
    """Return the name of the folder of a fetched model: its id and revision, and whether its code was fetched too."""
    code = "+code" if entry.get("remote_code") else ""
    return f"{entry['model']}@{entry.get('revision', MAIN)}{code}".replace("/", "--")
