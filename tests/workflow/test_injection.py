"""Values of the configuration on their way into commands, on the real Snakefile: never more than one argument each.

The commands of all jobs are taken from the graph and run by bash with a `python` that only writes down its arguments.
"""

import json
import random
import subprocess
from pathlib import Path

import pytest
import yaml
from clm.provenance.chain import settings_of
from counts import told
from planning import commands
from snakemake_runs import copy_workflow, snakemake

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
PIPES = ["'$(touch pwned)'", '"; touch pwned; "', "a'\"'\"'b", "-rf /", "$IFS", "!!"]


def values(draw: random.Random) -> dict[str, str]:
    """Return a hostile text for every place of the configuration that takes free text."""
    places = ("units", "smiles", "label", "member", "citation", "licence", "column", "file")
    return {name: "".join(draw.choices(BAIT + PIPES, k=draw.randint(1, 4))) for name in places}


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
    (folder / "own.csv").touch()
    shown = folder / "bin" / "python"
    shown.parent.mkdir(exist_ok=True)
    shown.write_text('#!/bin/bash\nprintf "%s\\0" "$#" "$@" >> "$TOLD"\n')
    shown.chmod(0o755)


@pytest.mark.parametrize("seed", range(4))
def test_hostile_values_stay_arguments(tmp_path, seed):
    folder = copy_workflow(tmp_path / "w")
    hostile = values(random.Random(seed))
    overlay(folder, hostile)
    lines, arguments, path = commands(folder, "--forceall"), tmp_path / "arguments", f"{folder / 'bin'}:/usr/bin:/bin"
    assert len(lines) > 100
    for line in lines:
        call = line.rsplit(" > ", 1)[0]  # without its log
        done = subprocess.run(["bash", "-c", call], cwd=folder, env={"PATH": path, "TOLD": str(arguments)}, check=False)
        assert done.returncode == 0, line
    assert not list(folder.rglob("pwned"))
    fields = arguments.read_text().split("\0")
    calls = 0
    while len(fields) > 1:
        count, fields = int(fields[0]), fields[1:]
        call, fields = fields[:count], fields[count:]
        assert call[0].startswith("scripts/") and call[1] == "--code", call
        if "--config" in call:
            json.loads(call[call.index("--config") + 1])
        calls += 1
    assert calls == len(lines)
    text = json.dumps([settings_of({"command": line})[1] for line in lines], ensure_ascii=False)
    for name, value in hostile.items():
        assert json.dumps(value, ensure_ascii=False) in text, name
    told("injection", **{f"commands_of_seed_{seed}": calls})


def test_names_of_studies_and_tasks_that_are_commands_are_refused(tmp_path):
    folder = copy_workflow(tmp_path / "w")
    for name in ("$(touch pwned)", "a;b", "../up", "a b", "`id`"):
        done = snakemake(folder, "-n", "--configfile", "studies/tiny.yaml", "--config", f"study={json.dumps(name)}")
        assert done.returncode == 1 and "study" in done.stdout and "Traceback" not in done.stdout, done.stdout
    assert not list(folder.rglob("pwned"))
