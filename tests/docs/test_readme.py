"""README.md tells the truth of the records: its block, its numbers, its commands."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from clm.pages.marked import MARKED, copied
from clm.provenance.command import UserError
from readme_checks import commands, listed_numbers, number_fault, options, unlisted_numbers
from snakemake_runs import copy_workflow
from update_readme import update_readme

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
LIST = ROOT / "reference" / "readme_numbers.csv"
BLOCK = MARKED.search(README)
SCRIPTS = [command for command in commands(README) if command.startswith("python scripts/")]


@pytest.mark.skipif(BLOCK is None, reason="README.md has no generated beginning yet")
def test_the_beginning_is_that_of_the_record_it_names():
    source = BLOCK["source"].strip()
    assert README == copied(README, (ROOT / source / "findings.md").read_text(), source)
    assert (ROOT / source / "figures" / "headline.png").is_file() and len(README) <= 9000


def test_listed_numbers_stand_in_their_tables():
    assert [fault for row in listed_numbers(LIST) if (fault := number_fault(ROOT, README, row))] == []


@pytest.mark.skipif(BLOCK is None, reason="README.md has no generated beginning yet")
def test_no_number_is_without_a_source():
    assert unlisted_numbers(README, listed_numbers(LIST)) == []


@pytest.mark.parametrize("command", SCRIPTS)
def test_scripts_that_are_named_know_their_options(command):
    script = command.split()[1]
    done = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert [option for option in options(command) if option not in done.stdout] == []


def test_targets_of_make_exist():
    named = {word for command in commands(README) if command.startswith("make ") for word in command.split()[1:]}
    targets = (ROOT / "Makefile").read_text()
    assert named and [name for name in named if f"\n{name}:" not in targets] == []


def test_files_that_commands_of_snakemake_name_exist():
    words = [word for command in commands(README) if command.startswith("snakemake") for word in command.split()]
    files = [word for word in words if word.startswith(("studies/", "profiles/"))]
    assert files and [name for name in files if not (ROOT / name).exists() and "yours" not in name] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", [one for one in commands(README) if one.startswith("snakemake --config") and "yours" not in one]
)
def test_commands_of_snakemake_have_a_graph(command, tmp_path):
    """The overlay of "Your own task" is there, with the table that it names."""
    folder = copy_workflow(tmp_path / "clone")
    overlay = re.search(r"`mine\.yaml`.*?```yaml\n(.*?)```", README, re.DOTALL)[1]
    (folder / "mine.yaml").write_text(overlay)
    (folder / "data").mkdir()
    (folder / "data" / "my_assay.csv").write_text("SMILES,pIC50\nCCO,5.1\nCCN,6.2\n")
    done = subprocess.run([*command.split(), "--dry-run", "--quiet"], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_number_is_found_changed_or_unlisted(tmp_path):
    (tmp_path / "runs.csv").write_text("size,loss\n60k,1.23456\n1m,0.5\n")
    row = {"text": "a loss of 1.235 nats", "source": "runs.csv", "where": "size=60k", "column": "loss", "factor": "",
           "digits": "3"}  # fmt: skip
    page = "The model has a loss of\n1.235 nats. See `v 3` and [x](y/4.md).\n"
    assert number_fault(tmp_path, page, row) is None and unlisted_numbers(page, [row]) == []
    assert "the table has 0.500" in number_fault(tmp_path, page, row | {"where": "size=1m"})
    assert "2 rows" in number_fault(tmp_path, page, row | {"where": ""})
    assert "not in the page" in number_fault(tmp_path, "nothing", row)
    assert len(unlisted_numbers(page + "It took 19 minutes.", [row])) == 1


def test_commands_and_options_are_found():
    page = "Text `make tiny` and `python scripts/a.py X --row 7`:\n\n    snakemake -n\n    python b.py --out c  # why\n"
    assert commands(page) == ["snakemake -n", "python b.py --out c", "make tiny", "python scripts/a.py X --row 7"]
    assert options("python a.py --row 7 --out-file x -n") == ["--row", "--out-file"]


def test_the_command_copies_the_block_and_says_what_is_missing(tmp_path):
    record = tmp_path / "reference"
    (record / "figures").mkdir(parents=True)
    (record / "figures" / "headline.png").write_bytes(b"")
    (record / "findings.md").write_text(
        "# F\n<!-- headline:begin -->\nnew ![a](../figures/headline.png)\n<!-- headline:end -->\n"
    )
    readme = tmp_path / "README.md"
    readme.write_text("# R\n<!-- headline:begin -->\nold\n<!-- headline:end -->\nrest\n")
    update_readme(record, readme)
    told = readme.read_text()
    assert f"new ![a]({record.as_posix()}/figures/headline.png)" in told and told.endswith("rest\n")
    readme.write_text("# R\n")
    with pytest.raises(UserError, match="0 blocks in the page"):
        update_readme(record, readme)
    (record / "findings.md").unlink()
    with pytest.raises(UserError, match=r"no findings\.md"):
        update_readme(record, readme)
