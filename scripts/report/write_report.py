"""Write the report, and Snakemake's own report with rule graph, code and run times, from inside the workflow."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clm.pages.beginning import as_html, beginning
from clm.pages.report import Shown, caption_html, markdown_html, report_page
from clm.provenance.command import UserError, run
from clm.provenance.files import atomic, read_json
from clm.tables.frames import read_table

FIRST = ("headline", "sensitivity", "saturation", "relative_errors", "runs", "ablation")
NOT_MADE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>How it was made</title></head><body>
<p>Snakemake's own report needs results in the working directory. These were made in a storage
(<code>--default-storage-provider</code>), for which there is none. Each result has its log and its run time there,
below <code>logs</code> and <code>benchmarks</code>.</p></body></html>
"""
SNAKEFILE = Path(__file__).resolve().parents[2] / "Snakefile"


def write_report(request: Path, out: Path, workflow: Path) -> None:
    """Write both reports.

    Args:
        request: JSON of `targets`, finished files of which only the jobs appear in Snakemake's report, the resolved
            `config`, `settings` of the beginning, and `shown`: path, category, label and caption of each file;
            `storage`: whether the results are in a storage, for which Snakemake's report cannot be made.
        out: report.html.
        workflow: Snakemake's own report, or why there is none.

    Raises:
        UserError: Snakemake could not make the report (its message is in the log above), or a caption is invalid.
    """
    asked = read_json(request)
    if asked.get("storage"):
        with atomic(workflow) as temporary:
            temporary.write_text(NOT_MADE, encoding="utf-8")
    else:
        snakemake_report(asked, workflow)
    results = out.parent.parent
    frame = {name: read_table(results / "tables" / f"{name}.csv") for name in FIRST}
    page = report_page(
        asked["config"]["study"],
        as_html(beginning(frame, asked["settings"])),
        results / "figures" / "headline.png",
        markdown_html((results / "tables" / "findings.md").read_text(encoding="utf-8")),
        [shown(entry, asked["config"]) for entry in asked["shown"]],
        workflow.name,
    )
    with atomic(out) as temporary:
        temporary.write_text(page, encoding="utf-8")


def shown(entry: Mapping[str, str], config: Mapping[str, Any]) -> Shown:
    """Return one file of the report with its caption as HTML."""
    caption = Path(entry["caption"])
    try:
        text = caption_html(caption.read_text(encoding="utf-8"), config, entry["task"])
    except ValueError as error:
        raise UserError(f"{caption}: {error}; mend the caption") from error
    return Shown(Path(entry["path"]), entry["category"], entry["label"], text)


def snakemake_report(asked: Mapping[str, Any], out: Path) -> None:
    """Write Snakemake's report of `targets` and of everything that they depend on.

    A second Snakemake, which runs no job, rebuilds the graph from the same configuration and reads the records of the
    finished jobs. It gets the whole configuration as a file that replaces config.yaml, so that overlays and `--config`
    of the running workflow apply; no profile, since it only reads; no lock, which the running workflow holds.
    """
    with tempfile.TemporaryDirectory(prefix="report-") as folder, atomic(out) as temporary:
        resolved = Path(folder) / "resolved_config.json"
        resolved.write_text(json.dumps(asked["config"], indent=1), encoding="utf-8")
        command = [sys.executable, "-m", "snakemake", *asked["targets"], "--report", str(temporary), "--nolock"]
        command += ["--snakefile", str(SNAKEFILE), "--profile", "none", "--workflow-profile", "none"]
        command += ["--replace-workflow-config", "--configfile", str(resolved)]
        status = subprocess.run(command, check=False).returncode
        if status or not temporary.is_file():
            raise UserError(f"snakemake --report ended with status {status}; check its message above in this log")


if __name__ == "__main__":
    run(write_report)
