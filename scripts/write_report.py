"""Write the HTML report: Snakemake's own, of finished figures and tables, from inside the running workflow."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from clm.provenance.command import UserError, parser, run
from clm.provenance.files import atomic


def write_report(targets: list[str], config: dict[str, Any], out: Path) -> None:
    """Write the report of `targets` and of everything that they were made from.

    A second Snakemake, which runs no job, rebuilds the graph from the same configuration and reads the records of
    the finished jobs. It gets the whole configuration as a file that replaces config.yaml, so that overlays and
    `--config` of the running workflow hold; no profile, since it only reads; no lock, which the running workflow holds.

    Args:
        targets: finished files; only their jobs appear.
        config: the resolved configuration of the study.
        out: report.html.

    Raises:
        UserError: Snakemake could not make the report; its own words are in the log above.
    """
    with tempfile.TemporaryDirectory(prefix="report-") as folder, atomic(out) as temporary:
        resolved = Path(folder) / "resolved_config.json"
        resolved.write_text(json.dumps(config, indent=1), encoding="utf-8")
        command = [sys.executable, "-m", "snakemake", *targets, "--report", str(temporary), "--nolock"]
        command += ["--profile", "none", "--workflow-profile", "none"]
        command += ["--replace-workflow-config", "--configfile", str(resolved)]
        status = subprocess.run(command, check=False).returncode
        if status or not temporary.is_file():
            raise UserError(f"snakemake --report ended with status {status}; check its message above in this log")


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    command.add_argument("--targets", nargs="+", required=True)
    command.add_argument("--out", type=Path, required=True)
    a = command.parse_args(argv)
    write_report(a.targets, a.config, a.out)


if __name__ == "__main__":
    run(main)
