"""Check that files and folders named in a configuration exist when it is read, before any job needs them."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from clm.study.references import nearest

HUB_ID = r"\w[\w.-]*(/\w[\w.-]*)?"  # name or owner/name, as on Hugging Face


def absent_files(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line for each file or folder of the user that does not exist, relative to the working directory."""
    for place, path in named_files(config):
        if not path.is_file():
            what = "is a folder, not a file" if path.is_dir() else f"does not exist{near(path)}"
            yield f"{place}: {path} {what}"
    for name, entry in config["external_models"].items():
        model = Path(entry["model"])
        named = hub_id(entry["model"]) and "revision" in entry  # distinguishes an id from a missing folder
        if not model.is_dir() and not named:
            yield (
                f"external_models.{name}.model: {model} does not exist{near(model)}; make that folder, or for an id of "
                "a hub give its `revision` (main, or a commit)"
            )


def named_files(config: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
    """Yield (place, path) of every file that a source, task, model or table of embeddings names."""
    for table in ("sources", "tasks"):
        for name, entry in config[table].items():
            if "file" in entry:
                yield f"{table}.{name}.file", Path(entry["file"])
    for name, entry in config["external_models"].items():
        if entry.get("tokenizer", "").endswith(".json"):
            yield f"external_models.{name}.tokenizer", Path(entry["tokenizer"])
    for name, path in config["external_embeddings"].items():
        yield f"external_embeddings.{name}", Path(path)


def hub_id(model: str) -> bool:
    """Return whether a text has the form of a model id on a hub and cannot be a missing folder.

    `models/mine` has the form of both; it is taken for a folder if there is a folder `models`.
    """
    return re.fullmatch(HUB_ID, model) is not None and not Path(model.split("/")[0]).is_dir()


def near(path: Path) -> str:
    """Return a hint: the entry of the same folder with the most similar name, or the missing folder."""
    if not path.parent.is_dir():
        return f" (there is no folder {path.parent})"
    return nearest(path.name, sorted(other.name for other in path.parent.iterdir()))
