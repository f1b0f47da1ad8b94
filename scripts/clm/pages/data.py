"""Text from the summary of a task's table: unused rows and labels, and suspect values."""

from collections.abc import Mapping, Sequence
from typing import Any

from clm.pages.findings import Section
from clm.tables.descriptors import OVERLAP
from clm.wording.names import split_name

MOST = 10


def rejected_rows(summary: Mapping[str, Any]) -> str:
    """Return the rejected rows by reason: their number, the first one and an example."""
    examples = summary.get("rejected_rows", {})
    told = [f"{reason} {count}{where(examples.get(reason))}" for reason, count in summary["rejected"].items() if count]
    return "; ".join(told) or "none"


def where(example: Mapping[str, Any] | None) -> str:
    """Return where in the file some rows are, with the text of the first."""
    if not example:
        return ""
    lines = ", ".join(map(str, example["lines"]))
    return f" (line{'s' if len(example['lines']) > 1 else ''} {lines}: {example['text']!r})"


def placed(found: Mapping[str, Any]) -> str:
    """Return a value with its line."""
    return f"{found['value']:g} in line {found['line']}"


def label_quality(summary: Mapping[str, Any]) -> dict[str, str]:
    """Return a description of the labels for a page: range and median, lost, suspect and bounded values."""
    labels = list(summary.get("quality", {}).items())[:MOST]
    lost = [
        f"{name}: {state} {found['count']}{where(found)}"
        for name, told in labels
        for state, found in told["reasons"].items()
    ]
    suspect = [
        f"{name}: {told['suspect']} ({', '.join(map(placed, told['suspect_values']))})"
        for name, told in labels
        if told["suspect"]
    ]
    ranges = [
        f"{name}: {told['minimum']:g} to {told['maximum']:g}, median {told['median']:g}"
        for name, told in labels
        if "median" in told
    ]
    bounds = [f"{name}: {told['qualifiers']}" for name, told in labels if told["qualifiers"]]
    return {
        "range of the labels": "; ".join(ranges) or "unknown",
        "labels that could not be used": "; ".join(lost) or "none",
        "suspect labels, far from all others": "; ".join(suspect) or "none",
        "labels that are bounds or estimates": "; ".join(bounds) or "none",
        "how the table was read": "; ".join(summary.get("notes", [])) or "as it stands",
        "molecules whose atom numbers were removed": str(summary.get("atom_maps", 0)),
    }


def skeletons_on_both_sides(descriptors: Mapping[str, Any]) -> str:
    """Return the number of skeletons in both train and test of each split, from descriptors.json of a task."""
    told = {split_name(key[len(OVERLAP) :]): count for key, count in descriptors.items() if key.startswith(OVERLAP)}
    return "; ".join(f"{split} split {count:.3g}" for split, count in told.items()) or "unknown"


def data_section(summaries: Sequence[Mapping[str, Any]]) -> Section:
    """Report the tasks that lose labels or have suspect ones."""
    lines = [f"{told['task']}, {warning}." for told in summaries for warning in told.get("warnings", [])]
    return "Data of the tasks", lines or ["No task loses many labels, and no label lies far from all others."]


def quality_lines(summary: Mapping[str, Any]) -> list[str]:
    """Return the main facts about the data: molecules used, and warnings."""
    told = f"{summary['kept']} of {summary['read']} rows are used; {summary['duplicates']} repeat another one."
    return [told, *(f"{warning[0].upper()}{warning[1:]}." for warning in summary.get("warnings", []))]
