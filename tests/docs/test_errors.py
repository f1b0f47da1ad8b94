"""docs/ERRORS.md holds every fault that a user can mend, as it is said; each is provoked here.

CLM_WRITE=1 writes the page anew.
"""

import ast
import difflib
import os
import re
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from clm.provenance.command import UserError, describe, run
from clm.study.validate import ConfigurationError, resolve_config
from faults import FAULTS
from test_configuration import FAULTS as FAULTS_OF_CONFIGURATION
from test_configuration import SCHEMA, broken

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "ERRORS.md"
WORDS = "check change choose lower raise delete remove rename add give name map mend leave needed run list"
TO_DO = re.compile(rf"\b({WORDS.replace(' ', '|')})\b")
INTRODUCTION = """\
Every fault that a user can mend, as it is told: `tests/docs/test_errors.py` provokes each and makes this page.
A job ends with exit status 1 and one line, `Error: ...`, at the end of its log, which Snakemake shows; unknown options
of a script end with status 2. Snakemake ends with status 1 when the jobs that could run have ended."""
MACHINE = [
    ("the disk is full", OSError(28, "No space left on device", "results/tiny/tables/runs.csv")),
    ("a folder may not be written", PermissionError(13, "Permission denied", "results/tiny/tables")),
    ("a disk is mounted read-only", OSError(30, "Read-only file system", "results/tiny/tables")),
    ("too little memory", MemoryError()),
    ("too little memory on a GPU", RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")),
    ("a fault of ours", RuntimeError("mat1 and mat2 shapes cannot be multiplied")),
]


def raised() -> set[tuple[str, int]]:
    """Return (file, line) of every `raise UserError` of ours."""
    found = set()
    for path in (ROOT / "scripts").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Raise) and "UserError(" in ast.unparse(node):
                found.add((str(path), node.lineno))
    return found


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The message of every fault, and where it was raised."""
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_NO_INDEX", "1")
        for part, what, provoke in FAULTS:
            patch.chdir(tmp_path_factory.mktemp("fault"))
            with pytest.raises(UserError) as error:
                provoke()
            last = traceback.extract_tb(error.value.__traceback__)[-1]
            found.append((part, what, str(error.value), (last.filename, last.lineno)))
    return found


def test_every_user_error_is_provoked(told):
    assert raised() == {place for *_, place in told}


def test_every_message_is_one_line_and_says_what_to_do(told):
    for _, what, message, _ in told:
        assert "\n" not in message and TO_DO.search(message), f"{what}: {message}"


def lines(told: list) -> Iterator[str]:
    """Yield the lines of the page."""
    yield "# What can go wrong, and what to do\n"
    yield INTRODUCTION
    part = ""
    for section, what, message, _ in told:
        if section != part:
            part = section
            yield f"\n## {part}"
        yield f"\n**{what[0].upper()}{what[1:]}**\n\n```text\n{message}\n```"
    yield "\n## Configuration\n\nTold before any job, all faults at once; each with its key."
    for path, value, _ in FAULTS_OF_CONFIGURATION:
        yield f"\n`{'.'.join(map(str, path))}: {value}`\n\n```text\n{fault_of(path, value)}\n```"
    yield "\n## The machine\n\nAfter these a rerun goes on where the study was."
    for what, error in MACHINE:
        yield f"\n**{what[0].upper()}{what[1:]}**\n\n```text\n{describe(error)}\n```"


def fault_of(path: tuple, value: object) -> str:
    """Return what is said of a value in the configuration."""
    with pytest.raises(ConfigurationError) as error:
        resolve_config(broken(path, value), SCHEMA)
    return "\n".join(line.strip() for line in str(error.value).splitlines()[1:])


def shown(page: str) -> str:
    """Return the page without lists of names and without words of Python or a library that come from its version."""
    page = re.sub(r"(defined|allowed): .*", r"\1: ...", page)
    page = re.sub(r"the text is not in (\S+) \(.*?\);", r"the text is not in \1 (...);", page)
    page = re.sub(r"describes no encoder \(.*?\); check", "describes no encoder (...); check", page)
    return re.sub(r"models/mine cannot be loaded \(.*?\); needed", "models/mine cannot be loaded (...); needed", page)


def test_the_page_is_up_to_date(told):
    page = shown("\n".join(lines(told)) + "\n")
    if os.environ.get("CLM_WRITE"):
        PAGE.write_text(page)
    before = PAGE.read_text() if PAGE.exists() else ""
    difference = "\n".join(difflib.unified_diff(before.splitlines(), page.splitlines(), lineterm=""))
    assert page == before, f"docs/ERRORS.md is out of date, CLM_WRITE=1 writes it anew:\n{difference}"


def test_a_fault_of_the_machine_says_what_to_do():
    assert all(TO_DO.search(describe(error)) for _, error in MACHINE[:-1])
    for error in (OSError(12, "Cannot allocate memory"), RuntimeError("could not create a primitive")):
        assert describe(error).startswith("out of memory")
    assert "a fault of the program" in describe(MACHINE[-1][1])


@pytest.mark.parametrize(
    ("error", "status"), [(UserError("x; check y"), 1), (MemoryError(), 1), (OSError(28, "full"), 1), (None, 0)]
)
def test_exit_status(error, status, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["script.py"])

    def main() -> None:
        if error:
            raise error

    with pytest.raises(SystemExit) as ended:
        run(main)
    assert (ended.value.code == 0) == (status == 0) and (status == 0 or ended.value.code.startswith("Error: "))


@pytest.mark.parametrize(("options", "status"), [(["tables/x.csv"], 1), (["--no-such-option"], 2), (["--help"], 0)])
def test_exit_status_of_a_command(tmp_path, options, status):
    command = [sys.executable, str(ROOT / "scripts" / "explain.py"), *options]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == status and "Traceback" not in done.stderr
