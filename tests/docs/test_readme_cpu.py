"""The line of README for the CPU build of torch, as it stands, in a fresh clone: torch is then there before `make`.

PyTorch's index is replaced by a folder with a wheel of that name and version, which holds nothing.
"""

import re
import shlex
import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINE = re.compile(r"`(python3 -m venv [^`]*--index-url <[^>`]*>)`")
FILES = ("Makefile", "requirements.txt", "requirements-dev.txt", "requirements-nodeps.txt")


@pytest.fixture
def index(tmp_path) -> Path:
    """An index of Python packages with one of them: the pinned torch, built for CPUs."""
    (pin,) = re.findall(r"^torch==(.*)$", (ROOT / "requirements.txt").read_text(), flags=re.M)
    folder = tmp_path / "index" / "torch"
    folder.mkdir(parents=True)
    version, name = f"{pin}+cpu", f"torch-{pin}+cpu-py3-none-any.whl"
    with zipfile.ZipFile(folder / name, "w") as wheel:
        place = f"torch-{version}.dist-info"
        wheel.writestr(f"{place}/METADATA", f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n")
        wheel.writestr(f"{place}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{place}/RECORD", "")
    (folder / "index.html").write_text(f'<a href="{name}">{name}</a>')
    return folder.parent


def run(folder: Path, command: str) -> str:
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_line_for_the_cpu_build_works_in_a_fresh_clone_and_make_keeps_what_it_installed(index, tmp_path):
    clone = tmp_path / "clone"
    clone.mkdir()
    for name in FILES:
        (clone / name).write_bytes((ROOT / name).read_bytes())
    (line,) = LINE.findall(" ".join((ROOT / "README.md").read_text().split()))
    run(clone, re.sub("<.*>", shlex.quote(index.as_uri()), line))
    steps = run(clone, "make -n .venv/.ready")
    assert "[ -x .venv/bin/python ] || python3 -m venv .venv" in steps
    run(clone, "[ -x .venv/bin/python ]")
    (pin,) = re.findall(r"^torch==.*$", (clone / "requirements.txt").read_text(), flags=re.M)
    told = run(clone, f".venv/bin/python -m pip install --no-index {shlex.quote(pin)}")
    assert f"already satisfied: {pin}" in told and "+cpu" in told
