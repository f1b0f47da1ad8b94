"""Which external models come from a hub, and where they are stored after download."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

MAIN = "main"


def is_remote(entry: Mapping[str, Any]) -> bool:
    """Return whether an entry of external_models names a model on a hub rather than a local folder."""
    return not Path(entry["model"]).is_dir()


def folder_name(entry: Mapping[str, Any]) -> str:
    """Return the folder name of a downloaded model: its id, revision, and whether its code was downloaded too."""
    code = "+code" if entry.get("remote_code") else ""
    return f"{entry['model']}@{entry.get('revision', MAIN)}{code}".replace("/", "--")
