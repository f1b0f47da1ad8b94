"""Describe one task: sizes, graph diameter, scaffold diversity, label statistics and roughness."""

from pathlib import Path
from typing import Any

from clm.provenance.command import run
from clm.provenance.files import write_json
from clm.tasks.descriptors import describe
from clm.tasks.table import load_task


def describe_task(molecules: Path, settings: dict[str, Any], out: Path) -> None:
    """Write descriptors.json of a task.

    Args:
        molecules: molecules.csv of the task.
        settings: `kind` and `labels`.
        out: descriptors.json.
    """
    write_json(out, describe(load_task(molecules, settings["labels"]), settings["kind"]))


if __name__ == "__main__":
    run(describe_task)
