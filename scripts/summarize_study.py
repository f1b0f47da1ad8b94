"""Tell what a finished study found, in a few sentences, and where its report is."""

from collections import Counter
from pathlib import Path

from clm.provenance.command import run
from clm.provenance.cost import versions
from clm.provenance.files import read_json
from clm.tables.frames import read_table
from clm.wording.headline import answer

MARGIN = 0.01  # gain per doubling that matters, where a study that has not recorded its settings is told


def summarize_study(results: Path, /) -> list[str]:
    """Return the headline of a finished study and the path of its report.

    Args:
        results: folder results/<study>; what is missing below it is left out.
    """
    lines = ["", f"Study {results.name}"]
    table, request = results / "tables" / "headline.csv", results / "report" / "request.json"
    if table.is_file():
        margin = read_json(request)["settings"]["gain_margin"] if request.is_file() else MARGIN
        _, *sentences = answer(read_table(table), margin)
        lines += [f"  {sentence}" for sentence in sentences]
    lines += [f"  note    {note}" for note in other_versions(results, versions())]
    report = results / "report" / "report.html"
    if report.is_file():
        lines.append(f"  report  {report}")
    return lines


def other_versions(results: Path, installed: dict[str, str]) -> list[str]:
    """Return a line per library of which results were made with another version than the installed one.

    Such results stay valid: versions are recorded in every cost.json and rebuild nothing.
    """
    made: Counter[tuple[str, str]] = Counter()
    for path in results.rglob("*cost.json"):
        made.update(read_json(path)["versions"].items())
    return [
        f"{count} results were made with {name} {version}, {installed[name]} is installed; they are kept"
        for (name, version), count in sorted(made.items())
        if installed.get(name, version) != version
    ]


if __name__ == "__main__":
    run(summarize_study)
