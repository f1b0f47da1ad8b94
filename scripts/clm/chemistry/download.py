"""Fetching sources: a file of a pinned wheel's index entry, mirrors of a URL, or a local file."""

import logging
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from clm.provenance.command import UserError

log = logging.getLogger(__name__)
BLOCK = 2**20


def fetch_wheel(requirement: str, folder: Path) -> Path:
    """Download exactly one wheel (`name==version`) with pip into `folder` and return it; it is never installed."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary=:all:",
    ]
    done = subprocess.run([*command, "--dest", str(folder), requirement], capture_output=True, text=True, check=False)
    log.info("%s", done.stdout.strip())
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        reason = (done.stderr.strip().splitlines() or ["no wheel came"])[-1]
        raise UserError(f"pip could not fetch {requirement}: {reason}; check the network and the pin under `sources:`")
    return wheels[0]


def fetch_url(mirrors: list[str], target: Path, attempts: int = 4, pause: float = 2.0) -> Path:
    """Download from the first mirror that answers; a broken transfer resumes where it stopped.

    Raises:
        UserError: a mirror is neither https nor file, or none delivers after `attempts` rounds.
    """
    for url in mirrors:
        if not url.startswith(("https://", "file://", "http://127.0.0.1:")):
            raise UserError(f"{url}: only https and file addresses are fetched; change it under `sources:`")
    reasons = []
    for attempt in range(attempts):
        for url in mirrors:
            try:
                resume(url, target)
                return target
            except (OSError, urllib.error.URLError) as error:
                reasons.append(f"{url}: {error}")
                log.warning("%s", reasons[-1])
        time.sleep(pause * 2**attempt)
    raise UserError(f"no mirror delivered after {attempts} rounds; last: {reasons[-1]}")


def resume(url: str, target: Path) -> None:
    """Append the missing part of a download to `target`, or start over when the server does not serve ranges."""
    have = target.stat().st_size if target.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    with urllib.request.urlopen(request, timeout=60) as answer:
        partial = answer.status == 206
        expected = answer.length
        with target.open("ab" if partial else "wb") as out:
            start = out.tell()
            shutil.copyfileobj(answer, out, BLOCK)
            if expected is not None and out.tell() - start < expected:
                raise OSError(f"cut off after {out.tell()} bytes")


def fetch_file(path: str, target: Path) -> Path:
    """Copy a local file; raises UserError when it is not there."""
    try:
        shutil.copyfile(path, target)
    except OSError as error:
        raise UserError(f"source file {path}: {error.strerror}; check the path under `sources:`") from error
    return target
