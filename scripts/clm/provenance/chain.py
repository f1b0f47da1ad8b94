"""Trace any result to its sources: the job that made a file, its inputs, settings, code and versions.

Snakemake records how each output was made, in files or in a database. At the end of a run these records are written
into the results (`provenance.json`), so that results can be traced after they are moved to another machine.
"""

import hashlib
import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clm.provenance.command import UserError
from clm.provenance.files import read_json, write_json

Job = dict[str, Any]  # rule, inputs, command, started, ended
RECORDS = "provenance.json"
RECORDED = ("config", "jobs", "outputs")
CELL = ("corpus", "size", "subset", "seed", "budget", "task")


def export_records(records: Mapping[str, Any], results: Path, config: dict[str, Any]) -> int:
    """Write `provenance.json` below `results`: the resolved configuration and the job behind each output.

    Records of an earlier run are kept for outputs that still exist: Snakemake's own records may have been lost or left
    behind, and a run for some targets has none for the others.

    Args:
        records: by output, its record in Snakemake's database, or None.
        results: folder of the study, relative to the folder in which Snakemake ran.
        config: the resolved configuration.

    Returns:
        The number of outputs with a record.
    """
    path = results / RECORDS
    jobs, outputs = earlier_records(path)
    for output, record in records.items():
        if record is None or record.incomplete or not Path(output).exists():
            continue
        key = f"{record.rule}-{hashlib.sha256((record.shellcmd or output).encode()).hexdigest()[:16]}"
        jobs[key] = {
            "rule": record.rule,
            "inputs": list(record.input),
            "command": record.shellcmd,
            "started": record.starttime,
            "ended": record.endtime,
            "files": own_files(record),
        }
        outputs[output] = key
    used = set(outputs.values())
    jobs = {key: job for key, job in jobs.items() if key in used}
    write_json(path, {"config": config, "jobs": jobs, "outputs": dict(sorted(outputs.items()))})
    return len(outputs)


def earlier_records(path: Path) -> tuple[dict[str, Job], dict[str, str]]:
    """Return the jobs recorded by an earlier run and their outputs that still exist; none if the file is damaged."""
    try:
        known = read_records(path)
    except UserError:
        return {}, {}
    return known["jobs"], {name: key for name, key in known["outputs"].items() if Path(name).exists()}


def read_records(path: Path) -> dict[str, Any]:
    """Read `provenance.json`: `config`, `jobs` by key, and the key of the job behind each of `outputs`.

    Raises:
        UserError: it is absent or damaged; a study writes it when it ends, even if it fails.
    """
    if not path.is_file():
        raise UserError(f"{path}: no records; they are written when a run of snakemake ends: run it")
    try:
        told = read_json(path)
    except ValueError:
        told = None
    if not isinstance(told, dict) or not all(isinstance(told.get(name), dict) for name in RECORDED):
        raise UserError(f"{path}: damaged; run `snakemake --forcerun write_findings`, which writes it anew")
    return told


def own_files(record: Any) -> dict[str, str | None]:
    """Return the inputs that no study made, such as files of the user, with the checksums of what the job read."""
    checksums = record.input_checksums or {}
    return {name: checksums.get(name) for name in record.input if not name.startswith("results/")}


class Chain:
    """The jobs behind the results of a study."""

    def __init__(self, results: Path) -> None:
        """Read the records below `results`.

        Raises:
            UserError: there are none, or they are damaged.
        """
        told = read_records(results / RECORDS)
        self.config, self.jobs, self.outputs = told["config"], told["jobs"], told["outputs"]
        if base := self.config.get("base"):
            self._add(Chain(results.parent / base), base, results.name)

    def _add(self, base: "Chain", name: str, study: str) -> None:
        """Add the jobs of the base of this study; their outputs are known by their own path and by that of the link."""
        self.jobs |= base.jobs
        linked = {
            output.replace(f"results/{name}/", f"results/{study}/", 1): key for output, key in base.outputs.items()
        }
        self.outputs = base.outputs | linked | self.outputs

    def job(self, output: str) -> Job:
        """Return the job that made an output.

        Raises:
            UserError: no job of this study made it.
        """
        if output not in self.outputs:
            raise UserError(f"{output}: not a result of this study; name a file as `snakemake -n` does")
        return self.jobs[self.outputs[output]]

    def inputs(self, output: str) -> list[str]:
        """Return the inputs of the job that made an output, without those of other tasks."""
        return [name for name in self.job(output)["inputs"] if not of_another_task(name, output)]

    def behind(self, output: str, row: dict[str, str] | None = None) -> dict[str, Job]:
        """Return every job behind an output, sources first; with `row` only those that concern its cell."""
        direct = [name for name in self.inputs(output) if row is None or concerns(name, row)]
        found: dict[str, Job] = {}
        seen: set[str] = set()
        for name in direct:
            self._collect(name, found, seen)
        return found

    def _collect(self, output: str, found: dict[str, Job], seen: set[str]) -> None:
        """Add the job that made `output` and the jobs behind it to `found`, in the order of execution."""
        if output in seen or output not in self.outputs:
            return
        seen.add(output)
        for name in self.inputs(output):
            self._collect(name, found, seen)
        key = self.outputs[output]
        found.setdefault(key, self.jobs[key])


def of_another_task(path: str, output: str) -> bool:
    """Return whether an input of a job that scores many tasks belongs to another task than the output."""
    if not ("/linear_probe/" in output or "/fine_tuned/" in output) or "/tasks/" not in path:
        return False
    return path.split("/tasks/")[1].split("/")[0] != Path(output).name.split(".")[0]


def concerns(path: str, row: dict[str, str]) -> bool:
    """Return whether an input of a table concerns the cell of a row; inputs without a cell in their name always do."""
    parts = Path(path).with_suffix("").parts
    trunk = next((i for i, part in enumerate(parts) if re.fullmatch(r"seed\d+", part)), None)
    if trunk is None:
        return not row.get("task") or "tasks" not in parts or row["task"] in parts
    names = dict(zip(CELL[:4], (*parts[trunk - 3 : trunk], parts[trunk][4:]), strict=True))
    cell = row | {"seed": (row.get("seed") or "").removesuffix(".0")}  # a float in tables whose baselines have no seed
    same = all(cell.get(name) in (None, "", value) for name, value in names.items())
    rest = [part.split(".")[0] for part in parts[trunk + 1 :]]
    probed = "linear_probe" in parts  # a linear probe holds all budgets of its trunk
    budget = probed or not row.get("budget") or row["budget"] in rest
    return same and budget and (not row.get("task") or "transfer" not in parts or row["task"] in rest)


def settings_of(job: Job) -> tuple[str, dict[str, Any]]:
    """Return the code digest and the settings that a job was called with."""
    words = shlex.split(job["command"] or "")
    told = {name: words[words.index(name) + 1] for name in ("--code", "--settings") if name in words}
    return told.get("--code", ""), json.loads(told.get("--settings", "{}"))
