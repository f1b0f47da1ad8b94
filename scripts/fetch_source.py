"""Fetch one source, check its sha256 and record where it came from; a mismatch keeps nothing."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from clm.chemistry.download import fetch_file, fetch_wheel
from clm.chemistry.mirrors import fetch_url
from clm.provenance.command import UserError, parser, run
from clm.provenance.files import atomic, read_json, sha256_file, write_json


def fetch_source(config: dict[str, Any], remembered: Path, content: Path, record: Path) -> None:
    """Write the fetched file and its record (where it came from, name, sha256, bytes).

    Args:
        config: `pypi`, `url` (list) or `file`, with `name` and `sha256` (or None).
        remembered: digest of the first fetch of a published source whose sha256 nobody could know beforehand; a file of
            the user may change.
        content: the fetched file.
        record: JSON about it.

    Raises:
        UserError: the source cannot be fetched or is not the expected file.
    """
    content.parent.mkdir(parents=True, exist_ok=True)
    own = "file" in config
    known = config.get("sha256") or (read_json(remembered)["sha256"] if remembered.exists() and not own else None)
    partial = remembered.parent.parent / ".partial" / config["name"]
    with tempfile.TemporaryDirectory(dir=content.parent) as folder:
        name, fetched = fetch(config, Path(folder), partial, known)
        digest = sha256_file(fetched)
        if known and known != digest:
            raise UserError(other_content(config, digest, known, remembered))
        size = fetched.stat().st_size
        if not own:
            write_json(remembered, {"sha256": digest})
        with atomic(content) as temporary:
            fetched.replace(temporary)
    shutil.rmtree(partial, ignore_errors=True)
    origin = {key: config[key] for key in ("pypi", "url", "file") if key in config}
    write_json(record, origin | {"name": name, "sha256": digest, "bytes": size})


def other_content(config: dict[str, Any], digest: str, known: str, remembered: Path) -> str:
    """Return what to say of a file that is not the expected one."""
    key = f"sources.{config['name']}.sha256"
    if "file" in config:
        return (
            f"source {config['name']}: your file {config['file']} has sha256 {digest}, {key} says {known}; nothing was "
            f"kept. If you changed the file, change {key} too (null: any content is taken)"
        )
    return (
        f"source {config['name']}: sha256 is {digest}, expected {known}; nothing was kept. If the publisher "
        f"changed the file on purpose, change {key} (or delete {remembered})"
    )


def fetch(config: dict[str, Any], folder: Path, partial: Path, known: str | None) -> tuple[str, Path]:
    """Fetch by whichever way the source names; return the name of the file and where it lies.

    Wheels and local files go to `folder`; downloads to `partial`, where a broken one is continued by the next run.
    """
    if "url" in config:
        return Path(config["url"][0]).name, fetch_url(config["url"], partial, known)
    if "pypi" in config:
        fetched = fetch_wheel(config["pypi"], folder)
    else:
        fetched = fetch_file(config["file"], folder / Path(config["file"]).name)
    return fetched.name, fetched


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    for name in ("remembered", "content", "record"):
        command.add_argument(f"--{name}", type=Path, required=True)
    a = command.parse_args(argv)
    fetch_source(a.config, a.remembered, a.content, a.record)


if __name__ == "__main__":
    run(main)
