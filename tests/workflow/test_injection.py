"""Values of the configuration on their way into commands, on the real Snakefile: never more than one argument each.

The commands of all jobs are taken from the graph and run by bash, in which `python` only writes down its arguments.
"""

import json
import random
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from clm.provenance.chain import settings_of
from counts import told
from planning import commands
from snakemake_runs import copy_workflow

BAIT = [
    "'",
    '"',
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned;",
    "\ntouch pwned\n",
    "| touch pwned",
    "&& touch pwned",
]
BAIT += ["> pwned", "${HOME}", "\\", "{params.code}", "{{x}}", "%s", "é", "--out", "*", "<b>", "=1+1", "#"]
# As Snakemake calls bash; each command is read on its own, so that an open quote is an error of that command
RECORD = """set -euo pipefail
python() { printf "%s\\0" "$#" "$@" >> "$TOLD"; }
while IFS= read -r -d "" line; do eval "$line" < /dev/null; done"""
PIPES = ["'$(touch pwned)'", '"; touch pwned; "', "a'\"'\"'b", "-rf /", "$IFS", "!!"]


def values(draw: random.Random) -> dict[str, str]:
    """Return a hostile text for every place of the configuration that takes free text."""
    places = ("units", "smiles", "label", "member", "citation", "licence", "column", "file")
    found = {name: "".join(draw.choices(BAIT + PIPES, k=draw.randint(1, 4))) for name in places}
    found["file"] = re.sub(
        r"[/<>{}]", "", found["file"]
    )  # a name: the file must be there; the schema refuses the others
    return found | {name: f"u{found[name]}" for name in ("units", "label")}  # these may not begin as a formula does


def overlay(folder: Path, text: dict[str, str]) -> None:
    """Put the texts into the configuration of the tiny study."""
    path = folder / "studies" / "tiny.yaml"
    config = yaml.safe_load(path.read_text())
    own = {"file": "own.csv", "smiles": text["smiles"] or "s", "labels": [text["label"]], "kind": "regression"}
    config["tasks"]["own"] = own | {"units": text["units"], "citation": text["citation"]}
    config["transfer"]["tasks"].append("own")
    config["corpora"]["zinc"]["column"] = text["column"]
    config["corpora"]["zinc"]["files"] = [{"source": "molsets", "member": text["member"]}]
    source = {"file": text["file"], "sha256": None, "licence": text["licence"], "citation": text["citation"]}
    config.setdefault("sources", {})["mine"] = source
    config["corpora"]["pubchem"]["files"] = [{"source": "mine", "member": None}]
    path.write_text(yaml.safe_dump(config, allow_unicode=True))
    for file in (own["file"], source["file"]):  # must exist when the configuration is read
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()


def arguments(lines: list[str], folder: Path, record: Path) -> list[list[str]]:
    """Return the arguments of each call of `python` when bash has run some commands in a folder."""
    shell = {"PATH": "/usr/bin:/bin", "TOLD": str(record)}
    calls = "".join(f"{line}\0" for line in lines)
    done = subprocess.run(["bash", "-c", RECORD], input=calls, cwd=folder, env=shell, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    fields, found = record.read_text().split("\0"), []
    while len(fields) > 1:
        count, fields = int(fields[0]), fields[1:]
        found, fields = [*found, fields[:count]], fields[count:]
    return found


def test_a_value_without_quotes_would_be_noticed(tmp_path):
    found = arguments(["python a '$(touch kept)'", "python b $(touch pwned) c;d=1"], tmp_path, tmp_path / "record")
    assert found == [["a", "$(touch kept)"], ["b", "c"]]
    assert (tmp_path / "pwned").exists() and not (tmp_path / "kept").exists()


@pytest.mark.parametrize("seed", range(4))
def test_hostile_values_stay_arguments(tmp_path, seed):
    folder = copy_workflow(tmp_path / "w")
    hostile = values(random.Random(seed))
    overlay(folder, hostile)
    lines = commands(folder, "--forceall")
    assert len(lines) > 100
    calls = arguments([line.rsplit(" > ", 1)[0] for line in lines], folder, tmp_path / "record")  # without their logs
    assert not list(folder.rglob("pwned"))
    for call in calls:
        assert call[0].startswith("scripts/") and call[1] == "--code", call
        if "--settings" in call:
            json.loads(call[call.index("--settings") + 1])
    assert len(calls) == len(lines)
    text = json.dumps([settings_of({"command": line})[1] for line in lines], ensure_ascii=False)
    for name, value in hostile.items():
        assert json.dumps(value, ensure_ascii=False) in text, name
    told("injection", **{f"commands_of_seed_{seed}": len(calls)})
