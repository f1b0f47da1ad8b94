"""Summarize the findings of a finished study in a few sentences, with the path of its report."""

from collections import Counter
from pathlib import Path

from clm.provenance.command import UserError, run
from clm.provenance.cost import versions
from clm.study.parts import read_cost, read_part


def summarize_study(results: Path, /) -> list[str]:
    """Return the headline of a finished study and the path of its report.

    Args:
        results: folder results/<study>; missing parts are left out.
    """
    lines = ["", f"Study {results.name}"]
    findings, report = results / "tables" / "findings.md", results / "report" / "report.html"
    if findings.is_file():
        lines += [f"  {sentence}" for sentence in headline(findings.read_text(encoding="utf-8"))]
    lines += [f"  note    {note}" for note in other_versions(results, versions())]
    if report.is_file():
        lines.append(f"  report  {report}")
    return lines if len(lines) > 2 else []


def headline(findings: str) -> list[str]:
    """Return the sentences on fine-tuned models and linear probes at the beginning of findings.md.

    They are read from there, since the environment of Snakemake may lack pandas.
    """
    block = findings.partition("<!-- headline:begin -->")[2].partition("<!-- headline:end -->")[0]
    return [line.removeprefix("- ") for line in block.splitlines() if line.startswith("- ")][1:]


def other_versions(results: Path, installed: dict[str, str]) -> list[str]:
    """Return a line per library that had another version for some results, and per damaged cost.json.

    Such results stay valid: versions are recorded in every cost.json and never make results stale.
    """
    made: Counter[tuple[str, str]] = Counter()
    damaged = []
    for path in sorted(results.rglob("*cost.json")):
        try:
            made.update(read_part(path, read_cost)["versions"].items())
        except UserError as error:  # the study has ended: report it with the findings
            damaged.append(str(error))
    return damaged + [
        f"{count} results were made with {name} {version}, {installed[name]} is installed; they are kept"
        for (name, version), count in sorted(made.items())
        if installed.get(name, version) != version
    ]


if __name__ == "__main__":
    run(summarize_study)
