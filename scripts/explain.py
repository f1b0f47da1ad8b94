"""Show how a result was made: jobs, settings, code, versions and sources behind a file or a row of a table."""

import csv
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from clm.provenance.chain import Chain, Job, settings_of
from clm.provenance.command import UserError, run
from clm.study.parts import read_cost, read_object, read_part


def explain(path: Path, /, row: int | None = None) -> list[str]:
    """Return the lines that explain a result: jobs, settings, code, versions and sources behind it.

    Args:
        path: a file below results/<study>, in any location.
        row: a data row of the table, counted from 1.
    """
    root, output = located(path)
    chain = Chain(root / Path(*output.parts[:2]))
    name, cells = output.as_posix(), None if row is None else row_of(path, row)
    job, behind = chain.job(name), chain.behind(name, cells)
    lines = [name if row is None else f"{name}, row {row}: {short(cells)}", "", "made by", *told(job)]
    lines += ["", "from the jobs", *summary(chain, behind)]
    lines += ["", "from the sources", *sources(chain, behind | {name: job}, root), *own_files([*behind.values(), job])]
    made = [root / output for output in (name, *behind_outputs(chain, behind))]
    return lines + ["", "with the versions", *versions(made)]


def located(path: Path) -> tuple[Path, Path]:
    """Return the folder that holds `results`, in any location, and the relative path results/<study>/...

    Raises:
        UserError: the path is not below the results of a study.
    """
    parts = path.absolute().parts
    at = max((place for place, part in enumerate(parts) if part == "results"), default=len(parts))
    if len(parts) < at + 3 or parts[at + 1] == "sources":
        raise UserError(f"{path}: not below results/<study>; name a result of a study, for example a table or a figure")
    return Path(*parts[:at]), Path(*parts[at:])


def row_of(path: Path, number: int) -> dict[str, str]:
    """Return a data row of a CSV table, counted from 1."""
    if path.suffix != ".csv":
        raise UserError(f"{path}: rows can be explained for CSV tables only; choose one, or no --row")
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    if not 1 <= number <= len(rows):
        raise UserError(f"{path}: has rows 1 to {len(rows)}, not {number}; choose one of these")
    return rows[number - 1]


def short(cells: dict[str, Any]) -> str:
    """Return the first non-empty cells of a row."""
    return ", ".join(f"{name}={value}" for name, value in list(cells.items())[:12] if value)


def told(job: Job) -> list[str]:
    """Return rule, time, code and settings of one job."""
    code, config = settings_of(job)
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(job["started"]))
    return [
        f"  {job['rule']}  {when} UTC, {job['ended'] - job['started']:.1f} s",
        f"  code      {code or 'none of ours'}",
        f"  settings  {json.dumps(config, sort_keys=True)}",
        f"  command   {job['command'] or 'run in Snakemake itself'}",
    ]


def summary(chain: Chain, behind: dict[str, Job]) -> list[str]:
    """Return a line per rule and code digest: number of jobs, and the output of a single one, to explain in turn."""
    made = {key: output for output, key in reversed(chain.outputs.items())}
    found: dict[tuple[str, str], list[str]] = {}
    for key, job in behind.items():
        found.setdefault((job["rule"], settings_of(job)[0]), []).append(made[key])
    return [
        f"  {rule:24} {len(outputs):5} x  code {code or '-':16}  {outputs[0] if len(outputs) == 1 else ''}".rstrip()
        for (rule, code), outputs in found.items()
    ]


def sources(chain: Chain, behind: dict[str, Job], root: Path) -> list[str]:
    """Return name, address and sha256 of every downloaded source behind a result."""
    inputs = {name for job in behind.values() for name in job["inputs"]}
    made = {output for output, key in chain.outputs.items() if key in behind}
    names = {Path(name).parts[2] for name in inputs | made if name.startswith("results/sources/")}
    lines = []
    for name in sorted(names):
        record = root / "results" / "sources" / name / "record.json"
        known = read_part(record, read_object) if record.is_file() else chain.config["sources"].get(name, {})
        lines.append(
            f"  {name:12} sha256 {known.get('sha256')}  {known.get('pypi') or known.get('url') or known.get('file')}"
        )
    return lines or ["  none"]


def own_files(jobs: list[Job]) -> list[str]:
    """Return path and sha256 of every file that jobs read and no job made: tables and weights of the user."""
    files = {name: digest for job in jobs for name, digest in job.get("files", {}).items()}
    return [f"  {name}  {(digest or 'not hashed').replace(':', ' ')}" for name, digest in sorted(files.items())]


def behind_outputs(chain: Chain, behind: dict[str, Job]) -> list[str]:
    """Return the outputs of the jobs behind a result."""
    return [output for output, key in chain.outputs.items() if key in behind]


def versions(outputs: list[Path]) -> list[str]:
    """Return the library versions and devices in the cost records of jobs, and the number of jobs with each."""
    costs = [path for path in outputs if path.name.endswith("cost.json") and path.is_file()]
    found: Counter = Counter()
    for cost in (read_part(path, read_cost) for path in costs):
        names = " ".join(f"{name} {version}" for name, version in cost["versions"].items())
        found[f"{cost['device']}, {cost['threads']} thread(s): {names}"] += 1
    return [f"  {count:5} x  {line}" for line, count in found.items()] or ["  no job behind it records them"]


if __name__ == "__main__":
    run(explain)
