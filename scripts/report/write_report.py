"""Write the HTML report: Snakemake's own, of finished figures and tables, from inside the running workflow."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from clm.provenance.command import UserError, run
from clm.provenance.files import atomic, read_json

SNAKEFILE = Path(__file__).resolve().parents[2] / "Snakefile"


def write_report(request: Path, out: Path) -> None:
    """Write the report of `targets` and of everything that they were made from.

    A second Snakemake, which runs no job, rebuilds the graph from the same configuration and reads the records of
    the finished jobs. It gets the whole configuration as a file that replaces config.yaml, so that overlays and
    `--config` of the running workflow hold; no profile, since it only reads; no lock, which the running workflow holds.

    Args:
        request: JSON of `targets`, finished files of which only the jobs appear, and the resolved `config`.
        out: report.html.

    Raises:
        UserError: Snakemake could not make the report; its own words are in the log above.
    """
    told = read_json(request)
    with tempfile.TemporaryDirectory(prefix="report-") as folder, atomic(out) as temporary:
        resolved = Path(folder) / "resolved_config.json"
        resolved.write_text(json.dumps(told["config"], indent=1), encoding="utf-8")
        command = [sys.executable, "-m", "snakemake", *told["targets"], "--report", str(temporary), "--nolock"]
        command += ["--snakefile", str(SNAKEFILE), "--profile", "none", "--workflow-profile", "none"]
        command += ["--replace-workflow-config", "--configfile", str(resolved)]
        status = subprocess.run(command, check=False).returncode
        if status or not temporary.is_file():
            raise UserError(f"snakemake --report ended with status {status}; check its message above in this log")


if __name__ == "__main__":
    run(write_report)
