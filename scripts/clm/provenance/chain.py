"""From any result back to its sources: what made a file, from what, with which settings, code and versions.

Snakemake records how each output was made below `.snakemake/metadata`. At the end of a run these records are written
into the results (`provenance.json`), so that results that moved to another machine still explain themselves.
"""

import base64
import binascii
import hashlib
import json
import re
import shlex
from pathlib import Path
from typing import Any

from clm.provenance.command import UserError
from clm.provenance.files import read_json, write_json

Job = dict[str, Any]  # rule, inputs, command, started, ended
CELL = ("corpus", "size", "subset", "seed", "budget", "task")


def export_records(metadata: Path, results: Path, config: dict[str, Any]) -> int:
    """Write `provenance.json` below `results`: the resolved configuration and the job behind each output.

    Args:
        metadata: Snakemake's folder of records, one JSON file per output, named by its path in base64.
        results: folder of the study, relative to the folder in which Snakemake ran.
        config: the resolved configuration.

    Returns:
        The number of outputs with a record.
    """
    jobs: dict[str, Job] = {}
    outputs: dict[str, str] = {}
    for path in sorted(p for p in metadata.rglob("*") if p.is_file()):
        output = output_of(path.relative_to(metadata))
        if output is None or not output.startswith(("results/sources/", f"{results.as_posix()}/")):
            continue
        record = read_json(path)
        if record.get("incomplete") or not Path(output).exists():
            continue
        key = f"{record['rule']}-{hashlib.sha256((record['shellcmd'] or output).encode()).hexdigest()[:16]}"
        jobs[key] = {
            "rule": record["rule"],
            "inputs": record["input"],
            "command": record["shellcmd"],
            "started": record["starttime"],
            "ended": record["endtime"],
        }
        outputs[output] = key
    write_json(results / "provenance.json", {"config": config, "jobs": jobs, "outputs": outputs})
    return len(outputs)


def output_of(name: Path) -> str | None:
    """Return the output that a record is about; long names are cut into folders that begin with '@'."""
    text = "".join(part.removeprefix("@") for part in name.parts)
    try:
        return base64.b64decode(text, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


class Chain:
    """The jobs behind the results of a study."""

    def __init__(self, results: Path) -> None:
        """Read the records below `results`.

        Raises:
            UserError: there are none; a study that ends (well or badly) writes them.
        """
        path = results / "provenance.json"
        if not path.is_file():
            raise UserError(f"{path}: no records; they are written when a run of snakemake ends: run it")
        told = read_json(path)
        self.config, self.jobs, self.outputs = told["config"], told["jobs"], told["outputs"]

    def job(self, output: str) -> Job:
        """Return the job that made an output.

        Raises:
            UserError: no job of this study made it.
        """
        if output not in self.outputs:
            raise UserError(f"{output}: not a result of this study; name a file as `snakemake -n` does")
        return self.jobs[self.outputs[output]]

    def behind(self, output: str, row: dict[str, str] | None = None) -> dict[str, Job]:
        """Return every job behind an output, sources first; with `row` only those that concern its cell."""
        direct = [name for name in self.job(output)["inputs"] if row is None or concerns(name, row)]
        found: dict[str, Job] = {}
        for name in direct:
            self._collect(name, found)
        return found

    def _collect(self, output: str, found: dict[str, Job]) -> None:
        """Add the jobs behind `output` and its own to `found`, in the order of their making."""
        key = self.outputs.get(output)
        if key is None or key in found:
            return
        for name in self.jobs[key]["inputs"]:
            self._collect(name, found)
        found[key] = self.jobs[key]


def concerns(path: str, row: dict[str, str]) -> bool:
    """Tell whether an input of a table is about the cell of a row; inputs without a cell in their name always are."""
    parts = Path(path).with_suffix("").parts
    trunk = next((i for i, part in enumerate(parts) if re.fullmatch(r"seed\d+", part)), None)
    if trunk is None:
        return not row.get("task") or "tasks" not in parts or row["task"] in parts
    names = dict(zip(CELL[:4], (*parts[trunk - 3 : trunk], parts[trunk][4:]), strict=True))
    same = all(row.get(name) in (None, "", value) for name, value in names.items())
    rest = [part.split(".")[0] for part in parts[trunk + 1 :]]
    probed = "linear_probe" in parts  # a linear probe holds all budgets of its trunk
    budget = probed or not row.get("budget") or row["budget"] in rest
    return same and budget and (not row.get("task") or "transfer" not in parts or row["task"] in rest)


def settings_of(job: Job) -> tuple[str, dict[str, Any]]:
    """Return the code digest and the settings that a job was called with."""
    words = shlex.split(job["command"] or "")
    told = {name: words[words.index(name) + 1] for name in ("--code", "--settings") if name in words}
    return told.get("--code", ""), json.loads(told.get("--settings", "{}"))
