"""Download one model from a hub at one revision, and record its commit and the sha256 of each file."""

import os
import shutil
from pathlib import Path
from typing import Any

from clm.provenance.command import UserError, run
from clm.provenance.files import sha256_file, write_json
from clm.study.hub import MAIN

# Files of an encoder and its tokenizer; weights in other formats and images are not downloaded
TEXTS = ("*.json", "*.txt", "*.model")
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")


def fetch_model(settings: dict[str, Any], files: Path, record: Path) -> None:
    """Write the folder of a model and its record: id, requested revision, endpoint, commit, sha256 of each file.

    The environment variable HF_ENDPOINT selects the hub; HF_TOKEN gives access to models that are not public.

    Args:
        settings: `model`, `revision`, `remote_code` (whether Python files are downloaded too).
        files: the folder.
        record: JSON about it.

    Raises:
        UserError: the download failed.
    """
    from huggingface_hub import HfApi, constants, snapshot_download

    model, revision = settings["model"], settings.get("revision", MAIN)
    partial = files.with_name(".partial")
    try:
        info = HfApi().model_info(model, revision=revision)
        names = [sibling.rfilename for sibling in info.siblings or []]
        kept = WEIGHTS[:1] if any(name.endswith(".safetensors") for name in names) else WEIGHTS
        wanted = [*TEXTS, *kept, *(["*.py"] if settings.get("remote_code") else [])]
        snapshot_download(model, revision=info.sha, local_dir=partial, allow_patterns=wanted)
    except Exception as error:  # the client of the hub and the network may raise anything
        reason = (" ".join(str(error).split()) or type(error).__name__)[:300]
        raise UserError(
            f"{model} at {revision} cannot be fetched from {constants.ENDPOINT} ({reason}); check the network and "
            "`model` and `revision` under `external_models:`, or give a folder"
        ) from error
    shutil.rmtree(partial / ".cache", ignore_errors=True)
    shutil.rmtree(files, ignore_errors=True)
    partial.rename(files)
    found = sorted(Path(folder, name) for folder, _, names in os.walk(files) for name in names)
    told = {"model": model, "revision": revision, "endpoint": constants.ENDPOINT, "commit": info.sha}
    write_json(record, told | {"files": {str(path.relative_to(files)): sha256_file(path) for path in found}})


if __name__ == "__main__":
    run(fetch_model)
