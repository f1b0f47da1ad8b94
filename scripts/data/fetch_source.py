"""Download one source, check its sha256 and record its origin; on a mismatch nothing is kept."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from clm.chemistry.download import fetch_file, fetch_wheel
from clm.chemistry.mirrors import fetch_url
from clm.provenance.command import UserError, run
from clm.provenance.files import atomic, read_json, sha256_file, write_json


def fetch_source(settings: dict[str, Any], remembered: Path, content: Path, record: Path) -> None:
    """Write the downloaded file and its record (origin, name, sha256, bytes).

    Args:
        settings: `pypi`, `url` (list) or `file`, with `name` and `sha256` (or None).
        remembered: digest of the first download of a published source whose sha256 was not known; a file of the user
            may change.
        content: the downloaded file.
        record: JSON about it.

    Raises:
        UserError: the source cannot be fetched or is not the expected file.
    """
    content.parent.mkdir(parents=True, exist_ok=True)
    own = "file" in settings
    known = settings.get("sha256") or (read_json(remembered)["sha256"] if remembered.exists() and not own else None)
    partial = remembered.parent.parent / ".partial" / settings["name"]
    with tempfile.TemporaryDirectory(dir=content.parent) as folder:
        name, fetched = fetch(settings, Path(folder), partial, known)
        digest = sha256_file(fetched)
        if known and known != digest:
            raise UserError(other_content(settings, digest, known, remembered))
        size = fetched.stat().st_size
        if not own:
            write_json(remembered, {"sha256": digest})
        with atomic(content) as temporary:
            fetched.replace(temporary)
    shutil.rmtree(partial, ignore_errors=True)
    origin = {key: settings[key] for key in ("pypi", "url", "file") if key in settings}
    write_json(record, origin | {"name": name, "sha256": digest, "bytes": size})


def other_content(settings: dict[str, Any], digest: str, known: str, remembered: Path) -> str:
    """Return the message about a file that is not the expected one."""
    key = f"sources.{settings['name']}.sha256"
    if "file" in settings:
        return (
            f"source {settings['name']}: your file {settings['file']} has sha256 {digest}, {key} says {known}; nothing "
            f"was kept. If you changed the file, change {key} too (null: any content is taken)"
        )
    return (
        f"source {settings['name']}: sha256 is {digest}, expected {known}; nothing was kept. If the publisher "
        f"changed the file on purpose, change {key} (or delete {remembered})"
    )


def fetch(settings: dict[str, Any], folder: Path, partial: Path, known: str | None) -> tuple[str, Path]:
    """Fetch a source in the way that it specifies; return the name of the file and its path.

    Wheels and local files go to `folder`, downloads to `partial`, where the next run resumes an interrupted one.
    """
    if "url" in settings:
        return Path(settings["url"][0]).name, fetch_url(settings["url"], partial, known)
    if "pypi" in settings:
        fetched = fetch_wheel(settings["pypi"], folder)
    else:
        fetched = fetch_file(settings["file"], folder / Path(settings["file"]).name)
    return fetched.name, fetched


if __name__ == "__main__":
    run(fetch_source)
