"""Sources without an address: a pinned wheel, a local file."""

import logging
import shutil
import subprocess
import sys
from pathlib import Path

from clm.provenance.command import UserError

log = logging.getLogger(__name__)


def fetch_wheel(requirement: str, folder: Path) -> Path:
    """Download exactly one wheel (`name==version`) with pip into `folder` and return its path; it is not installed."""
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


def fetch_file(path: str, target: Path) -> Path:
    """Copy a local file; raises UserError when it is not there."""
    try:
        shutil.copyfile(path, target)
    except OSError as error:
        raise UserError(f"source file {path}: {error.strerror}; check the path under `sources:`") from error
    return target
