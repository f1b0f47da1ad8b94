"""Print the main numbers of a finished study and where its figures are."""

import csv
import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from clm.provenance.command import run
from clm.provenance.cost import versions
from clm.provenance.files import read_json
from clm.tables.columns import LINEAR_PROBE, UNTRAINED


def summarize_study(results: Path, /) -> list[str]:
    """Return the main numbers of a finished study and where its figures are.

    Args:
        results: folder results/<study>; what is missing below it is left out.
    """
    tables = results / "tables"
    lines = ["", f"Study {results.name}"]
    losses = best_losses(rows_of(tables / "runs.csv"))
    lines += [f"  loss    {corpus} {size}: {loss:.3f} nats per masked token" for (corpus, size), loss in losses]
    gains = [
        row for row in rows_of(tables / "saturation.csv") if row.get("axis") == "N" and row.get("mode") == LINEAR_PROBE
    ]
    if gains:
        lines.append(
            f"  gain    from parameters, linear probes, all splits: {counted(row.get('verdict', '') for row in gains)}"
        )
    if (tables / "claims.json").is_file():
        claims = read_json(tables / "claims.json").get("claims") or []
        lines += [f"  claim   {claim.get('verdict')}: {claim.get('claim')}" for claim in claims]
    if costs := rows_of(tables / "costs.csv"):
        seconds = sum(number(row.get("wall_seconds")) or 0.0 for row in costs)
        lines.append(f"  time    {seconds / 60:.1f} minutes, summed over jobs")
    lines += [f"  note    {note}" for note in other_versions(results, versions())]
    shown = {"figures": results / "figures", "report": results / "report" / "report.html"}
    lines += [f"  {name:7} {path}" for name, path in shown.items() if path.exists()]
    return lines if len(lines) > 2 else []


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


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file, none when it is missing."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def best_losses(rows: list[dict[str, str]]) -> list[tuple[tuple[str, str], float]]:
    """Return the lowest validation loss per corpus and size, smallest size first, diverged runs left out."""
    best: dict[tuple[str, str], float] = {}
    parameters: dict[tuple[str, str], float] = {}
    for row in rows:
        loss = number(row.get("loss"))
        if row.get("corpus") == UNTRAINED or row.get("status") != "ok" or loss is None:
            continue
        key = (row["corpus"], row["size"])
        best[key] = min(loss, best.get(key, math.inf))
        parameters[key] = number(row.get("parameters")) or 0.0
    return sorted(best.items(), key=lambda item: (item[0][0], parameters[item[0]]))


def counted(names: Iterable[str]) -> str:
    """Return "5 undecided, 2 improving", most frequent first."""
    return ", ".join(f"{count} {name}" for name, count in Counter(names).most_common())


def number(text: str | None) -> float | None:
    """Return the finite number that a cell holds, or None."""
    try:
        value = float(text or "nan")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


if __name__ == "__main__":
    run(summarize_study)
